import type { ComponentProps } from "react";
import { Link } from "react-router";
import { join } from "./join.ts";
import styles from "./ui.module.css";

interface Variant {
  variant?: "main" | "quiet" | "danger" | "plain";
  wide?: boolean;
}
const classOf = ({ variant = "main", wide = false }: Variant, more?: string) =>
  join(
    variant === "plain" ? styles.plain : styles.button,
    (variant === "quiet" || variant === "danger") && styles[variant],
    wide && styles.wide,
    more,
  );

/**
 * A native button. A disabled button stays in the tab order and announces its state; a busy button ignores presses.
 * Both keep the focus.
 */
export function Button(props: ComponentProps<"button"> & Variant & { busy?: boolean }) {
  const { variant, wide, busy = false, disabled = false, className, onClick, children, ...rest } = props;
  const isOff = busy || disabled;
  return (
    <button
      type="button"
      {...rest}
      className={classOf({ ...(variant && { variant }), ...(wide && { wide }) }, className)}
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

export function ButtonLink({ variant, wide, className, ...rest }: ComponentProps<typeof Link> & Variant) {
  return <Link {...rest} className={classOf({ ...(variant && { variant }), ...(wide && { wide }) }, className)} />;
}
