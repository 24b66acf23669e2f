import type { StatementQuery } from "../graphql/generated/graphql.ts";

export type Entry = NonNullable<
  NonNullable<NonNullable<StatementQuery["me"]>["wallet"]>
>["entries"]["edges"][number]["node"];

/** Quotes a CSV cell. A value that a spreadsheet would read as a formula gets a leading apostrophe. */
const cell = (text: string) => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

/**
 * Returns the statement as CSV (RFC 4180), with a byte order mark so that spreadsheets read UTF-8. Points spent are
 * negative.
 */
export function statementCsv(entries: readonly Pick<Entry, "kind" | "points" | "at" | "order" | "award">[]): string {
  const rows = entries.map(({ kind, points, at, order, award }) =>
    [at, kind, String(kind === "SPENT" ? -points : points), cell(order?.number ?? ""), cell(award?.rule ?? "")].join(
      ",",
    ),
  );
  return `\uFEFF${["at,kind,points,order,reason", ...rows].join("\r\n")}\r\n`;
}
