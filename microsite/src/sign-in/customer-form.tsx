import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { failureText } from "../graphql/failure-text.ts";
import { RequestOtpDocument } from "../graphql/generated/graphql.ts";
import { refusalText } from "../graphql/refusal-text.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { brand } from "../shell/brand.ts";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import { Notice } from "../ui/notice.tsx";
import styles from "./sign-in.module.css";
import type { Challenge } from "./sign-in-page.tsx";

export function CustomerForm(props: {
  customerId: string;
  onChange(customerId: string): void;
  onSent(challenge: Challenge): void;
}) {
  const { customerId, onChange, onSent } = props;
  const i18n = useI18n();
  const { t, time } = i18n;
  const [requestOtp, { loading }] = useMutation(RequestOtpDocument);
  const [fault, setFault] = useState<string>();
  const [problem, setProblem] = useState<string>();

  async function send() {
    const typed = customerId.trim();
    const name = brand.customerIds === "upper-case" ? typed.toUpperCase() : typed;
    setProblem(undefined);
    setFault(name ? undefined : t("signIn.customerIdMissing"));
    if (!name || loading) return;
    try {
      const { data } = await requestOtp({ variables: { customerId: name } });
      const { challengeId, resendAfter = null, userErrors = [] } = data?.requestOtp ?? {};
      const [refusal] = userErrors;
      if (challengeId) return onSent({ customerId: name, challengeId, resendAfter });
      if (refusal?.__typename === "OtpThrottled") setProblem(t("signIn.throttled", { time: time(refusal.retryAt) }));
      else setProblem(refusal ? refusalText(i18n, refusal) : t("error.unexpected"));
    } catch (error) {
      setProblem(failureText(i18n, error));
    }
  }

  return (
    <form
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <TextField
        label={t("signIn.customerId")}
        help={t("signIn.customerIdHelp")}
        fault={fault}
        name="customerId"
        autoComplete="username"
        autoCapitalize="characters"
        spellCheck={false}
        required
        maxLength={64}
        value={customerId}
        onChange={(event) => onChange(event.target.value)}
      />
      {problem && <Notice tone="bad">{problem}</Notice>}
      <Button type="submit" busy={loading} wide>
        {t("signIn.send")}
      </Button>
    </form>
  );
}
