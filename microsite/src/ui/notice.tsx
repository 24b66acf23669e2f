import type { ReactNode } from "react";
import { join } from "./join.ts";
import styles from "./ui.module.css";

export type Tone = "info" | "good" | "calm" | "bad";

/** An inline message. Screen readers announce an error at once, other messages when idle. */
export function Notice({ tone = "info", title, children }: { tone?: Tone; title?: string; children?: ReactNode }) {
  return (
    <div className={join(styles.notice, tone !== "info" && styles[tone])} role={tone === "bad" ? "alert" : "status"}>
      {title && <strong>{title}</strong>}
      {children}
    </div>
  );
}
