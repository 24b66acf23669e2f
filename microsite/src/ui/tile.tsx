import type { ComponentProps } from "react";
import { join } from "./join.ts";
import styles from "./ui.module.css";

export function Tile({ className, ...props }: ComponentProps<"section">) {
  return <section className={join(styles.tile, className)} {...props} />;
}
