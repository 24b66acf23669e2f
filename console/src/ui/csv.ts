/** Escapes a cell that a spreadsheet would evaluate as a formula. */
const cell = (value: string | number): string => {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Lines of a CSV file, each with its line break. */
export const csvLines = (rows: readonly (readonly (string | number)[])[]): string =>
  rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");

export const downloadCsv = (
  name: string,
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): void => downloadParts(name, [csvLines([header, ...rows])]);

/** Downloads a CSV file. @param parts its text in parts, which together may exceed the longest string */
export const downloadParts = (name: string, parts: readonly string[]): void => save(name, "text/csv", parts);

/** Downloads a text as a file. */
export const download = (name: string, type: string, text: string): void => save(name, type, [text]);

function save(name: string, type: string, parts: readonly string[]): void {
  const url = URL.createObjectURL(new Blob([...parts], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
