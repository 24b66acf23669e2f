import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { readConfig } from "../../src/config/config.ts";

const run = promisify(execFile);
const chart = "deploy/helm/tessera";
const helm = async (...args: string[]) => (await run("helm", args)).stdout;
const render = async (values: string, ...more: string[]) =>
  parseAllDocuments(
    await helm("template", "shop", chart, "--namespace", "loyalty", "--values", `${chart}/ci/${values}`, ...more),
  )
    .map((document) => document.toJSON() as Manifest)
    .filter((manifest) => manifest !== null);

interface Probe {
  httpGet: { path: string; port: string };
}
interface Container {
  name: string;
  args: string[];
  env: { name: string; value: string }[];
  envFrom: unknown[];
  ports?: { name: string; containerPort: number }[];
  lifecycle?: { preStop: { sleep: { seconds: number } } };
  startupProbe: Probe;
  livenessProbe: Probe;
  readinessProbe: Probe;
  resources: { requests: object; limits: object };
  securityContext: object;
}
interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels: Record<string, string>; annotations?: Record<string, string> };
  spec: {
    template: {
      metadata: { labels: Record<string, string> };
      spec: { containers: Container[]; securityContext: object; terminationGracePeriodSeconds: number };
    };
    selector: { matchLabels: Record<string, string> };
    [field: string]: unknown;
  };
}

let full: Manifest[];
const find = (kind: string, part = "") => {
  const found = full.find((manifest) => manifest.kind === kind && manifest.metadata.name.endsWith(part));
  if (!found) throw new Error(`no ${kind} ${part}`);
  return found;
};
const workloads = () => full.filter(({ kind }) => kind === "Deployment" || kind === "Job");
const containerOf = ({ spec }: Manifest) => spec.template.spec.containers[0] as Container;

describe("the Helm chart", { tags: "helm" }, () => {
  beforeAll(async () => {
    full = await render("full-values.yaml");
  });

  test.each(["full-values.yaml", "least-values.yaml"])("passes the linter with %s", async (values) => {
    expect(await helm("lint", "--strict", chart, "--values", `${chart}/ci/${values}`)).toContain("0 chart(s) failed");
  });

  test("has a gateway, a reward processor and a migration, with all that surrounds them", () => {
    const kinds = full.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
    expect(kinds).toEqual([
      "Deployment shop-tessera-gateway",
      "Deployment shop-tessera-reward-processor",
      "HorizontalPodAutoscaler shop-tessera-gateway",
      "Ingress shop-tessera",
      "Job shop-tessera-migrate",
      "NetworkPolicy shop-tessera-gateway",
      "NetworkPolicy shop-tessera-reward-processor",
      "PodDisruptionBudget shop-tessera-gateway",
      "PodDisruptionBudget shop-tessera-reward-processor",
      "Service shop-tessera",
      "Service shop-tessera-metrics",
      "ServiceAccount shop-tessera",
      "ServiceMonitor shop-tessera",
    ]);
  });

  test("renders manifests of the types of the Kubernetes API, without an unknown field", async () => {
    const least = await render("least-values.yaml");
    const moduleOf = (apiVersion: string) => (apiVersion === "v1" ? "core/v1" : apiVersion.replace(".k8s.io", ""));
    const lines = [...full, ...least]
      .filter(({ kind }) => kind !== "ServiceMonitor")
      .map((manifest, index) => {
        const type = `import("kubernetes-types/${moduleOf(manifest.apiVersion)}").${manifest.kind}`;
        return `export const m${index}: ${type} = ${JSON.stringify(manifest, null, 1)};`;
      });
    const directory = resolve("node_modules/.cache/chart-types");
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "manifests.ts"), lines.join("\n"));
    const compiler = [
      "--ignoreConfig",
      "--noEmit",
      "--strict",
      "--skipLibCheck",
      "--types",
      "",
      "--module",
      "esnext",
      "--moduleResolution",
      "bundler",
    ];
    const { stdout } = await run("tsc", [...compiler, join(directory, "manifests.ts")]).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe("");
    rmSync(directory, { recursive: true });
  });

  test("renders manifests that the schemas of the Kubernetes API accept: quantities, ports and enumerations", async () => {
    type Models = Record<string, new (manifest: object) => { validate(): void }>;
    const problemOf = async (manifest: Manifest) => {
      const models = (await import(/* @vite-ignore */ `kubernetes-models/${manifest.apiVersion}`)) as Models;
      const Model = models[manifest.kind];
      if (!Model) return `no ${manifest.kind} in ${manifest.apiVersion}`;
      try {
        new Model(manifest).validate();
        return null;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    };
    const manifests = [...full, ...(await render("least-values.yaml"))];
    for (const manifest of manifests) {
      if (manifest.kind !== "ServiceMonitor") expect(await problemOf(manifest), manifest.metadata.name).toBeNull();
    }
    const wrong = structuredClone(find("Deployment", "gateway"));
    containerOf(wrong).resources.limits = { memory: "512 MB" };
    expect(await problemOf(wrong)).toContain("resources/limits/memory");
  });

  test("gives every program settings that production accepts, and no secret of its own", () => {
    const secret = {
      DATABASE_URL: "postgresql://tessera:p@db.example.com/tessera?sslmode=verify-full",
      SESSION_SECRET: "s".repeat(32),
      CLIENT_API_PASSWORD: "p",
    };
    for (const workload of workloads()) {
      const { env, envFrom } = containerOf(workload);
      const config = readConfig({ ...secret, ...Object.fromEntries(env.map(({ name, value }) => [name, value])) });
      expect(config).toMatchObject({
        isProduction: true,
        port: 4000,
        metrics: { port: 9464 },
        rewardProcessorPort: 4020,
      });
      expect(config).toMatchObject({ catalogSyncMs: 600_000, publicOrigin: "https://rewards.example.com" });
      expect(envFrom).toEqual([{ secretRef: { name: "tessera-settings" } }]);
    }
  });

  test("runs every program as a user without rights, on a read-only root, with bounded memory", () => {
    for (const workload of workloads()) {
      const { securityContext, resources } = containerOf(workload);
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(workload.spec.template.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65_532 });
      expect(resources).toMatchObject({
        requests: { cpu: expect.any(String) },
        limits: { memory: expect.any(String) },
      });
    }
    expect(readFileSync("Dockerfile", "utf8")).toContain("USER 65532:65532");
  });

  test("probes paths that the programs answer, at ports that they have", () => {
    for (const [part, port] of [
      ["gateway", "http"],
      ["reward-processor", "health"],
    ] as const) {
      const container = containerOf(find("Deployment", part));
      const ports = Object.fromEntries((container.ports ?? []).map(({ name, containerPort }) => [name, containerPort]));
      expect(ports).toEqual({ [port]: part === "gateway" ? 4000 : 4020, metrics: 9464 });
      for (const probe of ["startupProbe", "livenessProbe"] as const) {
        expect(container[probe].httpGet).toEqual({ path: "/healthz", port });
      }
      expect(container.readinessProbe.httpGet).toEqual({ path: "/readyz", port });
    }
  });

  test("leaves a pod the time that a stop may take", () => {
    const { spec } = find("Deployment", "gateway");
    const { lifecycle, env } = containerOf(find("Deployment", "gateway"));
    const { shutdownDelayMs, upstreamTimeoutMs } = readConfig({
      DATABASE_URL: "postgresql://localhost/tessera",
      SESSION_SECRET: "s".repeat(32),
      CLIENT_API_PASSWORD: "p",
      ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
    });
    const stopSeconds = (shutdownDelayMs + 2 * upstreamTimeoutMs) / 1_000 + 6;
    const preStopSeconds = lifecycle?.preStop.sleep.seconds ?? 0;
    expect(preStopSeconds).toBeGreaterThan(0);
    expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(preStopSeconds + stopSeconds);
  });

  test("migrates before anything else of an installation or an upgrade, by nothing that the chart makes later", () => {
    const job = find("Job");
    expect(containerOf(job).args).toEqual(["migrate"]);
    expect(job.metadata.annotations).toMatchObject({ "helm.sh/hook": "pre-install,pre-upgrade" });
    expect(job.spec.template.spec).not.toHaveProperty("serviceAccountName");
  });

  test("selects pods that exist", () => {
    const pods = workloads().map(({ spec }) => spec.template.metadata.labels);
    const isOf = (selector: Record<string, string>) =>
      pods.some((labels) => Object.entries(selector).every(([name, value]) => labels[name] === value));
    for (const { kind, spec } of full) {
      if (kind === "PodDisruptionBudget" || kind === "Deployment")
        expect(isOf(spec.selector.matchLabels), kind).toBe(true);
      if (kind === "NetworkPolicy") expect(isOf((spec["podSelector"] as typeof spec.selector).matchLabels)).toBe(true);
      if (kind === "Service") expect(isOf(spec.selector as unknown as Record<string, string>)).toBe(true);
    }
    const { selector, endpoints, podTargetLabels } = find("ServiceMonitor").spec;
    const metrics = find("Service", "-metrics");
    expect(metrics.metadata.labels).toMatchObject(selector.matchLabels);
    expect(metrics.spec["ports"]).toEqual([{ name: "metrics", port: 9464, targetPort: "metrics" }]);
    expect(endpoints).toEqual([{ port: "metrics", path: "/metrics", interval: "30s" }]);
    expect(podTargetLabels).toEqual(["app.kubernetes.io/component"]);
  });

  test.each([
    ["existingSecret=", "existingSecret"],
    ["image.repository=", "repository"],
    ["settings.CLIENT_API_URI=https://client.example.com", "CLIENT_API_URI"],
    ["settings.CATALOG_SYNC_SECONDS=600", "CATALOG_SYNC_SECONDS"],
    ["image.digest=latest", "digest"],
  ])("refuses %s, and names it", async (value, named) => {
    const refused = await render("least-values.yaml", "--set", value).then(
      () => "",
      ({ stderr }: { stderr: string }) => stderr,
    );
    expect(refused).toContain(named);
  });
});
