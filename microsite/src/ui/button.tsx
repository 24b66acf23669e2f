import type { ComponentProps } from "react";
import { Link } from "react-router";
import { join } from "./join.ts";
import styles from "./ui.module.css";

interface Look {
  look?: "main" | "quiet" | "danger" | "plain";
  wide?: boolean;
}
const classOf = ({ look = "main", wide = false }: Look, more?: string) =>
  join(
    look === "plain" ? styles.plain : styles.button,
    (look === "quiet" || look === "danger") && styles[look],
    wide && styles.wide,
    more,
  );

/**
 * A native button. A disabled button stays in the tab order and announces its state; a busy button ignores presses.
 * Both keep the focus.
 */
export function Button(props: ComponentProps<"button"> & Look & { busy?: boolean }) {
  const { look, wide, busy = false, disabled = false, className, onClick, children, ...rest } = props;
  const isOff = busy || disabled;
  return (
    <button
      type="button"
      {...rest}
      className={classOf({ ...(look && { look }), ...(wide && { wide }) }, className)}
      aria-disabled={isOff || undefined}
      aria-busy={busy || undefined}
      data-busy={busy || undefined}
      onClick={(event) => (isOff ? event.preventDefault() : onClick?.(event))}
    >
      {busy && <span className={styles.spinner} aria-hidden="true" />}
      {children}
    </button>
  );
}

export function ButtonLink({ look, wide, className, ...rest }: ComponentProps<typeof Link> & Look) {
  return <Link {...rest} className={classOf({ ...(look && { look }), ...(wide && { wide }) }, className)} />;
}
