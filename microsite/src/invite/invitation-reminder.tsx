import { useI18n } from "../i18n/i18n.tsx";
import { ButtonLink } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { storedCode } from "./stored-code.ts";

/** Links back to a friend's invitation that this browser stores. Renders nothing without a stored invitation. */
export function InvitationReminder() {
  const { t } = useI18n();
  const code = storedCode();
  if (!code) return null;
  return (
    <Notice tone="info">
      <p>{t("invited.waiting")}</p>
      <p>
        <ButtonLink to={`/invite/${encodeURIComponent(code)}`} variant="quiet">
          {t("invited.open")}
        </ButtonLink>
      </p>
    </Notice>
  );
}
