import { useState } from "react";
import { failureText, secondsToWait } from "../graphql/failure-text.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";

/**
 * Shows an error in place of missing content, with a retry button; the button is busy until the promise of `retry`
 * settles.
 */
export function LoadFailure({ text, error, retry }: { text?: string; error?: unknown; retry: () => unknown }) {
  const i18n = useI18n();
  const { t } = i18n;
  const [isBusy, setBusy] = useState(false);
  async function again() {
    setBusy(true);
    try {
      await retry();
    } catch {
      // The error stays visible.
    } finally {
      setBusy(false);
    }
  }
  return (
    <Notice tone="bad">
      {secondsToWait(error) === null ? (text ?? t("error.load")) : failureText(i18n, error)}
      <div>
        <Button variant="plain" busy={isBusy} onClick={() => void again()}>
          {t("error.again")}
        </Button>
      </div>
    </Notice>
  );
}
