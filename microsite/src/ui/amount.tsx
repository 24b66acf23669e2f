import { useEffect, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import styles from "./ui.module.css";

/** Number input with stepper buttons. A typed number takes effect on blur or Enter. */
export function Amount(props: {
  label: string;
  value: number;
  max?: number | undefined;
  isDisabled?: boolean;
  onChange(value: number): void;
}) {
  const { label, value, isDisabled = false, onChange } = props;
  const max = Math.max(1, props.max ?? 99);
  const { t } = useI18n();
  const [text, setText] = useState(String(value));
  useEffect(() => setText(String(value)), [value]);

  function change(wanted: number) {
    if (isDisabled) return; // a native `disabled` would lose the focus
    const next = Math.min(max, Math.max(1, Math.round(wanted)));
    if (Number.isNaN(next) || next === value) return setText(String(value));
    onChange(next);
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would need a legend, and the field has its label
    <div role="group" aria-label={label} className={styles.amount}>
      <button
        type="button"
        aria-label={t("amount.less")}
        aria-disabled={isDisabled || value <= 1 || undefined}
        onClick={() => change(value - 1)}
      >
        −
      </button>
      <input
        type="number"
        inputMode="numeric"
        aria-label={label}
        min={1}
        max={max}
        value={text}
        readOnly={isDisabled}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => change(Number(text || value))}
        onKeyDown={(event) => event.key === "Enter" && change(Number(text || value))}
      />
      <button
        type="button"
        aria-label={t("amount.more")}
        aria-disabled={isDisabled || value >= max || undefined}
        onClick={() => change(value + 1)}
      >
        +
      </button>
    </div>
  );
}
