import { useI18n } from "../i18n/i18n.tsx";
import { ButtonLink } from "../ui/button.tsx";
import { Page } from "./page.tsx";

export default function NotFoundPage() {
  const { t } = useI18n();
  return (
    <Page title={t("notFound.title")} lead={t("notFound.text")} narrow>
      <ButtonLink to="/rewards">{t("notFound.browse")}</ButtonLink>
    </Page>
  );
}
