import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";

/** In the place of what could not be read, with a way to try again. */
export function LoadFailure({ text, retry }: { text?: string; retry: () => unknown }) {
  const { t } = useI18n();
  return (
    <Notice tone="bad">
      {text ?? t("error.load")}
      <div>
        <Button look="plain" onClick={() => void retry()}>
          {t("error.again")}
        </Button>
      </div>
    </Notice>
  );
}
