import type { ReactNode } from "react";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { TextField } from "../../../microsite/src/ui/field.tsx";
import ui from "./ui.module.css";

export function NumberField(props: {
  label: string;
  value: number | null;
  onChange(value: number | null): void;
  min?: number;
  step?: string;
  required?: boolean;
  help?: string;
}) {
  const { value, onChange, ...rest } = props;
  return (
    <TextField
      {...rest}
      type="number"
      value={value ?? ""}
      onChange={({ target }) => onChange(target.value === "" ? null : Number(target.value))}
    />
  );
}

/** Rows of a list in the builder, with a button to add a row, and a button beside each row to remove it. */
export function Rows<Row>(props: {
  legend: string;
  add: string;
  rows: readonly Row[];
  blank: Row;
  minRows?: number;
  onChange(rows: Row[]): void;
  children(row: Row, change: (row: Row) => void): ReactNode;
}) {
  const { legend, add, rows, blank, minRows = 0, onChange, children } = props;
  return (
    <fieldset>
      <legend>{legend}</legend>
      {rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row has no key but its index
        <div key={index} className={ui.pair}>
          {children(row, (changed) => onChange(rows.with(index, changed)))}
          {rows.length > minRows && (
            <div className={ui.row}>
              <Button
                variant="plain"
                aria-label={`Remove row ${index + 1} of ${legend}`}
                onClick={() => onChange(rows.toSpliced(index, 1))}
              >
                Remove
              </Button>
            </div>
          )}
        </div>
      ))}
      <div className={ui.row}>
        <Button variant="quiet" onClick={() => onChange([...rows, blank])}>
          {add}
        </Button>
      </div>
    </fieldset>
  );
}
