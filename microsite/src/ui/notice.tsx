import type { ReactNode } from "react";
import { join } from "./join.ts";
import styles from "./ui.module.css";

export type Tone = "info" | "good" | "calm" | "bad";

/** A message in its place on the page. What went wrong is read out at once, the rest when there is time. */
export function Notice({ tone = "info", title, children }: { tone?: Tone; title?: string; children?: ReactNode }) {
  return (
    <div className={join(styles.notice, tone !== "info" && styles[tone])} role={tone === "bad" ? "alert" : "status"}>
      {title && <strong>{title}</strong>}
      {children}
    </div>
  );
}
