import type { StatementQuery } from "../graphql/generated/graphql.ts";

export type Entry = NonNullable<
  NonNullable<NonNullable<StatementQuery["me"]>["wallet"]>
>["entries"]["edges"][number]["node"];

/** A text in quotes; one that a spreadsheet would take for a formula is marked as text. */
const cell = (text: string) => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

/** The statement by RFC 4180, with a mark by which spreadsheets read it as UTF-8. Points spent are negative. */
export function statementCsv(entries: readonly Pick<Entry, "kind" | "points" | "at" | "order" | "award">[]): string {
  const rows = entries.map(({ kind, points, at, order, award }) =>
    [at, kind, String(kind === "SPENT" ? -points : points), cell(order?.number ?? ""), cell(award?.rule ?? "")].join(
      ",",
    ),
  );
  return `\uFEFF${["at,kind,points,order,reason", ...rows].join("\r\n")}\r\n`;
}
