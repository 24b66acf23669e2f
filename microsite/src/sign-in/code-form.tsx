import { useMutation } from "@apollo/client/react";
import { useEffect, useId, useRef, useState } from "react";
import { foldDigits } from "../../../src/auth/read-otp.ts";
import { failureText, secondsToWait } from "../graphql/failure-text.ts";
import { RequestOtpDocument, VerifyOtpDocument } from "../graphql/generated/graphql.ts";
import { refusalText } from "../graphql/refusal-text.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { session } from "../session/session.ts";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import ui from "../ui/ui.module.css";
import styles from "./sign-in.module.css";
import type { Challenge } from "./sign-in-page.tsx";
import { useSecondsUntil } from "./use-seconds-until.ts";

const LENGTH = 6;

export function CodeForm(props: { challenge: Challenge; onSent(challenge: Challenge): void; onBack(): void }) {
  const { challenge, onSent, onBack } = props;
  const i18n = useI18n();
  const { t, time } = i18n;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [code, setCode] = useState("");
  const [problem, setProblem] = useState<string>();
  /** The password has no tries left or has expired: the customer needs a new password. */
  const [isExhausted, setExhausted] = useState(false);
  const [hasResent, setResent] = useState(false);
  const [verify, verifying] = useMutation(VerifyOtpDocument);
  const [requestOtp, requesting] = useMutation(RequestOtpDocument);
  const wait = useSecondsUntil(challenge.resendAfter);

  useEffect(() => input.current?.focus(), []);

  async function verifyCode(otp: string) {
    if (verifying.loading || isExhausted) return;
    if (otp.length < LENGTH) {
      // After a refusal the field is empty; keep the refusal's message instead of the length error.
      if (otp || !problem) setProblem(t("signIn.codeShort", { count: LENGTH }));
      return input.current?.focus();
    }
    setProblem(undefined);
    try {
      const { data } = await verify({ variables: { challengeId: challenge.challengeId, otp } });
      const { session: opened, customer, userErrors = [] } = data?.verifyOtp ?? {};
      if (opened && customer) return session.begin(customer.customerId, opened.expiresAt);
      const [refusal] = userErrors;
      setCode("");
      const isOver =
        refusal?.__typename === "OtpInvalid" ? refusal.attemptsLeft === 0 : refusal?.code === "OTP_EXPIRED";
      setExhausted(isOver);
      // The gateway forwarded the password and got no response: the password may be consumed.
      const isOutcomeUnknown = refusal?.code === "UPSTREAM_UNAVAILABLE" && refusal.field?.at(-1) === "otp";
      if (isOutcomeUnknown) setProblem(t("signIn.noAnswer"));
      else setProblem(refusal ? refusalText(i18n, refusal) : t("error.unexpected"));
      if (!isOver) input.current?.focus();
    } catch (error) {
      const text = failureText(i18n, error);
      // A rate-limited request was not processed, so the password is still valid.
      setProblem(secondsToWait(error) === null ? `${text} ${t("signIn.noAnswer")}` : text);
    }
  }

  async function resend() {
    setProblem(undefined);
    try {
      const { data } = await requestOtp({ variables: { customerId: challenge.customerId } });
      const { challengeId, resendAfter = null, userErrors = [] } = data?.requestOtp ?? {};
      const [refusal] = userErrors;
      if (challengeId) {
        setCode("");
        setExhausted(false);
        setResent(true);
        onSent({ ...challenge, challengeId, resendAfter });
        input.current?.focus();
      } else if (refusal?.__typename === "OtpThrottled") {
        setProblem(t("signIn.throttled", { time: time(refusal.retryAt) }));
      } else setProblem(refusal ? refusalText(i18n, refusal) : t("error.unexpected"));
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
        void verifyCode(code);
      }}
    >
      <p className={ui.help}>{t("signIn.codeSent", { customer: challenge.customerId })}</p>
      <div className={ui.field}>
        <label htmlFor={id}>{t("signIn.code")}</label>
        {/* A single field under six tiles supports paste and autofill, and is a single control for screen readers. */}
        <div className={styles.code} data-fault={problem ? true : undefined}>
          <input
            ref={input}
            id={id}
            inputMode="numeric"
            autoComplete="one-time-code"
            aria-invalid={problem ? true : undefined}
            aria-describedby={`${id}-state`}
            disabled={isExhausted}
            value={code}
            onChange={(event) => {
              const next = foldDigits(event.target.value).replace(/\D/g, "").slice(0, LENGTH);
              setCode(next);
              if (next.length === LENGTH && next !== code) void verifyCode(next);
            }}
          />
          <div aria-hidden="true">
            {Array.from({ length: LENGTH }, (_, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the index is the digit's position
              <span key={index} data-next={index === code.length || undefined}>
                {code[index]}
              </span>
            ))}
          </div>
        </div>
      </div>
      <div id={`${id}-state`}>
        {problem ? (
          <Notice tone="bad">{problem}</Notice>
        ) : (
          hasResent && <Notice tone="good">{t("signIn.resent")}</Notice>
        )}
      </div>
      {!isExhausted && (
        <Button type="submit" busy={verifying.loading} wide>
          {t("signIn.verify")}
        </Button>
      )}
      <div className={styles.others}>
        <Button
          variant={isExhausted && wait === 0 ? "main" : "plain"}
          disabled={wait > 0}
          busy={requesting.loading}
          onClick={() => void resend()}
        >
          {wait > 0 ? t("signIn.resendIn", { seconds: wait }) : t("signIn.resend")}
        </Button>
        <Button variant="plain" onClick={onBack}>
          {t("signIn.other")}
        </Button>
      </div>
    </form>
  );
}
