{{- define "tessera.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Labels of a part: (list . "gateway") */}}
{{- define "tessera.selector" -}}
app.kubernetes.io/name: {{ (index . 0).Chart.Name }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}
{{- define "tessera.labels" -}}
{{ include "tessera.selector" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ (index . 0).Chart.Name }}-{{ (index . 0).Chart.Version }}
{{- end }}

{{- define "tessera.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}{{ else }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "tessera.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "tessera.name" .) }}
{{- end }}

{{- define "tessera.podSecurity" -}}
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "tessera.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{/* The settings of every program. The Secret's keys are settings as well; those of `env` win. */}}
{{- define "tessera.environment" -}}
envFrom:
  - secretRef: { name: {{ .Values.existingSecret | quote }} }
env:
  {{- range $name, $value := .Values.settings }}
  {{- if ne (toString $value) "" }}
  - { name: {{ $name }}, value: {{ toString $value | quote }} }
  {{- end }}
  {{- end }}
  - { name: NODE_ENV, value: production }
  - { name: PORT, value: "4000" }
  - { name: METRICS_PORT, value: "9464" }
  - { name: REWARD_PROCESSOR_PORT, value: "4020" }
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Spreads the pods of a part over the nodes: (list . "gateway") */}}
{{- define "tessera.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{ include "tessera.selector" . | nindent 8 }}
{{- end }}
