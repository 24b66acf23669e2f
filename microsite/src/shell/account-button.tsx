import { lazy, Suspense, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { useSession } from "../session/use-session.ts";
import { Icon } from "../ui/icon.tsx";
import styles from "./shell.module.css";

const load = () => import("./account-menu.tsx");
const AccountMenu = lazy(load);

/** Stands for the menu until it is wanted: what a menu needs is a third of the first load. */
export function AccountButton() {
  const [isWanted, setWanted] = useState(false);
  const button = (
    <button
      type="button"
      className={styles.account}
      aria-haspopup="true"
      aria-expanded={false}
      onPointerEnter={() => void load()}
      onFocus={() => void load()}
      onClick={() => setWanted(true)}
    >
      <AccountName />
    </button>
  );
  if (!isWanted) return button;
  return (
    <Suspense fallback={button}>
      <AccountMenu />
    </Suspense>
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
