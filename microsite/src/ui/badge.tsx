import type { ReactNode } from "react";
import { join } from "./join.ts";
import type { Tone } from "./notice.tsx";
import styles from "./ui.module.css";

/** A short status label. */
export function Badge({ tone, children }: { tone: Tone | "plain"; children: ReactNode }) {
  const look = tone === "plain" ? styles.plainBadge : tone === "info" ? undefined : styles[tone];
  return <span className={join(styles.badge, look)}>{children}</span>;
}
