import type { ReactNode } from "react";
import { join } from "./join.ts";
import type { Tone } from "./notice.tsx";
import styles from "./ui.module.css";

/** A short status label. */
export function Mark({ tone, children }: { tone: Tone | "plain"; children: ReactNode }) {
  const look = tone === "plain" ? styles.plainMark : tone === "info" ? undefined : styles[tone];
  return <span className={join(styles.mark, look)}>{children}</span>;
}
