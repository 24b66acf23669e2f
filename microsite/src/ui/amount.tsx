import { Button, Group, Input, NumberField } from "react-aria-components";
import { useI18n } from "../i18n/i18n.tsx";
import styles from "./ui.module.css";

/** How many of something. */
export function Amount(props: {
  label: string;
  value: number;
  max?: number | undefined;
  isDisabled?: boolean;
  onChange(value: number): void;
}) {
  const { label, value, max = 99, isDisabled = false, onChange } = props;
  const { t } = useI18n();
  return (
    <NumberField
      aria-label={label}
      value={value}
      minValue={1}
      maxValue={max}
      isDisabled={isDisabled}
      onChange={(next) => Number.isInteger(next) && next !== value && onChange(next)}
    >
      <Group className={styles.amount ?? ""}>
        <Button slot="decrement" aria-label={t("amount.less")}>
          −
        </Button>
        <Input />
        <Button slot="increment" aria-label={t("amount.more")}>
          +
        </Button>
      </Group>
    </NumberField>
  );
}
