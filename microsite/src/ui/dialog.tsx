import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import styles from "./ui.module.css";

/** A modal dialog. Escape and a press outside close it. */
export function Dialog(props: { title: string; isOpen: boolean; onClose(): void; children: ReactNode }) {
  const { title, isOpen, onClose, children } = props;
  return (
    <ModalOverlay
      className={styles.shade ?? ""}
      isOpen={isOpen}
      isDismissable
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className={styles.dialog ?? ""}>
        <AriaDialog>
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>;
}
