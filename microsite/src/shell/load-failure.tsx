import { useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";

/** In the place of what could not be read, with a way to try again; busy until the promise of `retry` settles. */
export function LoadFailure({ text, retry }: { text?: string; retry: () => unknown }) {
  const { t } = useI18n();
  const [isBusy, setBusy] = useState(false);
  async function again() {
    setBusy(true);
    try {
      await retry();
    } catch {
      // What could not be read still says so.
    } finally {
      setBusy(false);
    }
  }
  return (
    <Notice tone="bad">
      {text ?? t("error.load")}
      <div>
        <Button look="plain" busy={isBusy} onClick={() => void again()}>
          {t("error.again")}
        </Button>
      </div>
    </Notice>
  );
}
