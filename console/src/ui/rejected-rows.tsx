import { count } from "./format.ts";
import ui from "./ui.module.css";

const MAX_ROWS_SHOWN = 50;

export interface RejectedRow {
  /** 1 is the first row after the header. */
  row: number;
  /** The line number in the file. */
  line?: number | null;
  reason: string;
}

/** The invalid rows of a file, by their lines. */
export function RejectedRows({ rows }: { rows: readonly RejectedRow[] }) {
  if (rows.length === 0) return null;
  return (
    <div className={ui.scroll}>
      <table className={ui.table}>
        <caption className="sr-only">Invalid rows</caption>
        <thead>
          <tr>
            <th className={ui.number}>Line</th>
            <th>Problem</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MAX_ROWS_SHOWN).map(({ row, line, reason }) => (
            <tr key={`${row} ${reason}`}>
              <td className={ui.number}>{line ?? row}</td>
              <td>{reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > MAX_ROWS_SHOWN && <p className={ui.soft}>{`and ${count(rows.length - MAX_ROWS_SHOWN)} more`}</p>}
    </div>
  );
}
