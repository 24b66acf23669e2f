import { CsvError, type Info, parse } from "csv-parse/sync";

export interface TableRow {
  /** The line number in the file, from 1. */
  line: number;
  /** By the program's spelling of the column's name; absent columns have no entry. */
  values: Record<string, string>;
}

export interface Table {
  columns: string[];
  rows: TableRow[];
}

/** The reason why a text is not a table. It repeats only names of columns, because values may be secret. */
export type TableProblem =
  | { kind: "unknown-column"; column: string; columns: string[] }
  | { kind: "repeated-column"; column: string }
  /** A column has values but no name. */
  | { kind: "unnamed-column"; place: number }
  /** @property code of `csv-parse`, such as `CSV_QUOTE_NOT_CLOSED` */
  | { kind: "not-csv"; line: number; code: string };

/**
 * Describes a problem in a sentence. It repeats no value, because a value may be secret. @param known the valid columns
 */
export function problemInWords(problem: TableProblem, known: readonly string[]): string {
  switch (problem.kind) {
    case "unknown-column":
      return `Unknown column ${problem.column}; there are ${known.join(", ")}.`;
    case "repeated-column":
      return `The column ${problem.column} is there twice.`;
    case "unnamed-column":
      return `Column ${problem.place} has values and no name in the first line.`;
    case "not-csv": {
      const why = csvReasons[problem.code] ?? "cannot be read";
      return `This is not CSV: line ${problem.line} ${why} (${problem.code}).`;
    }
  }
}

const csvReasons: Readonly<Record<string, string>> = {
  CSV_RECORD_INCONSISTENT_COLUMNS: "has more or fewer values than there are columns",
  CSV_QUOTE_NOT_CLOSED: "has a quotation mark that is not closed",
  INVALID_OPENING_QUOTE: "has a quotation mark within a value",
  CSV_INVALID_CLOSING_QUOTE: "has text after a closing quotation mark",
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE: "has text after a closing quotation mark",
};

const SEPARATORS = [",", ";", "\t", "|"];
/** A first line that sets the separator for spreadsheet programs. */
const SEPARATOR_LINE = /^"?sep=(.)"?[ ,;\t]*\r?\n/i;

/**
 * Decodes a file: UTF-8, or UTF-16 with a byte order mark, which is what spreadsheet programs save as "Unicode text".
 */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const isLittleEndian = first === 0xff && second === 0xfe;
  const isBigEndian = first === 0xfe && second === 0xff;
  return new TextDecoder(isLittleEndian ? "utf-16le" : isBigEndian ? "utf-16be" : "utf-8").decode(bytes);
}

/**
 * Reads CSV as spreadsheets and programs write it: separated by commas, semicolons, tabs or bars, with or without a
 * `sep=` line, a byte order mark, empty lines, or empty columns at the end. Names of columns are case-insensitive.
 *
 * @param known the valid columns, in the spelling of the result
 */
export function readTable(text: string, known: readonly string[]): Table | { problem: TableProblem } {
  const withoutMark = text.replace(/^\uFEFF/, "");
  const [separatorLine = "", named] = SEPARATOR_LINE.exec(withoutMark) ?? [];
  const body = withoutMark.slice(separatorLine.length);
  const linesBefore = separatorLine === "" ? 0 : 1;
  const columns: string[] = [];
  try {
    const records = parse(body, {
      delimiter: named ?? separatorOf(body, known),
      columns: (header: string[]) => {
        columns.push(...header.map((name) => spelledLike(name, known)));
        return columns.map((name, place) => (name === "" ? unnamed(place) : name));
      },
      trim: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      info: true,
    }) as unknown as { record: Record<string, string>; info: Info }[];
    const problem = columnProblem(columns, known) ?? unnamedWithValues(records.map(({ record }) => record));
    if (problem) return { problem };
    const rows = records.map(({ record, info }) => ({ line: info.lines + linesBefore, values: record }));
    return { columns: columns.filter((name) => name !== ""), rows };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // A wrong header often explains a misread file.
    const problem = columnProblem(columns, known);
    if (problem) return { problem };
    return { problem: { kind: "not-csv", line: Number(error["lines"]) + linesBefore, code: error.code } };
  }
}

/** Ignores case, spaces, hyphens and underscores. */
const folded = (name: string) => name.toLowerCase().replace(/[\s_-]/g, "");
const spelledLike = (name: string, known: readonly string[]) =>
  known.find((column) => folded(column) === folded(name)) ?? name;

/** The separator that makes the header contain the most known columns. */
function separatorOf(body: string, known: readonly string[]): string {
  const header = /^\s*([^\r\n]*)/.exec(body)?.[1] ?? "";
  const knownBy = (separator: string) =>
    header.split(separator).filter((cell) => known.includes(spelledLike(cell.trim().replace(/^"(.*)"$/, "$1"), known)))
      .length;
  return SEPARATORS.reduce((best, separator) => (knownBy(separator) > knownBy(best) ? separator : best));
}

function columnProblem(columns: readonly string[], known: readonly string[]): TableProblem | null {
  const unknown = columns.find((name) => name !== "" && !known.includes(name));
  const repeated = columns.find((name, place) => name !== "" && columns.indexOf(name) < place);
  if (repeated !== undefined && known.includes(repeated)) return { kind: "repeated-column", column: repeated };
  return unknown === undefined ? null : { kind: "unknown-column", column: unknown, columns: [...columns] };
}

const unnamed = (place: number) => `\0${place}`;

function unnamedWithValues(records: readonly Record<string, string>[]): TableProblem | null {
  for (const record of records) {
    const filled = Object.keys(record).find((name) => name.startsWith("\0") && record[name] !== "");
    if (filled !== undefined) return { kind: "unnamed-column", place: Number(filled.slice(1)) + 1 };
  }
  return null;
}
