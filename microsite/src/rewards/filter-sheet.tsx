import type { ReactNode } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog, DialogActions } from "../ui/dialog.tsx";
import styles from "./rewards.module.css";

/** The filters on a phone. Each choice applies at once to the rewards behind the sheet. */
export default function FilterSheet({ onClose, children }: { onClose(): void; children: ReactNode }) {
  const { t } = useI18n();
  return (
    <Dialog title={t("rewards.filters")} isOpen onClose={onClose}>
      <div className={styles.sheet}>{children}</div>
      <DialogActions>
        <Button wide onClick={onClose}>
          {t("rewards.filtersDone")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
