import { type ComponentProps, useId } from "react";
import { join } from "./join.ts";
import styles from "./ui.module.css";

interface Props {
  label: string;
  help?: string | undefined;
  fault?: string | undefined;
}

export function TextField({ label, help, fault, className, ...input }: ComponentProps<"input"> & Props) {
  const id = useId();
  return (
    <div className={join(styles.field, className)}>
      <label htmlFor={id}>{label}</label>
      <input
        {...input}
        id={id}
        aria-invalid={fault ? true : undefined}
        aria-describedby={join(fault && `${id}-fault`, help && `${id}-help`) || undefined}
      />
      {fault && (
        <p className={styles.fault} id={`${id}-fault`}>
          {fault}
        </p>
      )}
      {help && (
        <p className={styles.help} id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  );
}

/** A native select, because phones have a suitable picker for it. */
export function SelectField({ label, className, children, ...select }: ComponentProps<"select"> & { label: string }) {
  const id = useId();
  return (
    <div className={join(styles.field, className)}>
      <label htmlFor={id}>{label}</label>
      <select {...select} id={id}>
        {children}
      </select>
    </div>
  );
}
