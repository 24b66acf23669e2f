import { lazy, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { useSession } from "../session/use-session.ts";
import { Icon } from "../ui/icon.tsx";
import { ErrorBoundary } from "./error-boundary.tsx";
import styles from "./shell.module.css";

const load = () => import("./account-menu.tsx");
const AccountMenu = lazy(load);
const preload = () => void load().catch(() => {}); // opening the menu imports it again

/** Placeholder for the account menu. The menu's code is a third of the first load, so it loads on demand. */
export function AccountButton() {
  const [isMenuRequested, setMenuRequested] = useState(false);
  const renderButton = (onClick: () => unknown) => (
    <button
      type="button"
      className={styles.account}
      aria-haspopup="true"
      aria-expanded={false}
      onPointerEnter={preload}
      onFocus={preload}
      onClick={() => void onClick()}
    >
      <AccountName />
    </button>
  );
  if (!isMenuRequested) return renderButton(() => setMenuRequested(true));
  return (
    <ErrorBoundary waiting={renderButton(() => {})} frame={(_, retry) => renderButton(retry)}>
      <AccountMenu />
    </ErrorBoundary>
  );
}

export function AccountName() {
  const { t } = useI18n();
  const state = useSession();
  return (
    <>
      <Icon name="person" />
      <span className={styles.who}>{state.kind === "signed-in" ? state.customerId : t("account.settings")}</span>
      <span className="sr-only">{t("account.menu")}</span>
    </>
  );
}
