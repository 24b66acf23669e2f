/** A cell that a spreadsheet would take for a formula is made text. */
const cell = (value: string | number): string => {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Lines of a CSV file, each with its end. */
export const csvLines = (rows: readonly (readonly (string | number)[])[]): string =>
  rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");

export const downloadCsv = (
  name: string,
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): void => downloadParts(name, [csvLines([header, ...rows])]);

/** Hands a CSV file to the browser. @param parts its text in parts, which need not fit into one string */
export const downloadParts = (name: string, parts: readonly string[]): void => save(name, "text/csv", parts);

/** Hands a text to the browser as a file. */
export const download = (name: string, type: string, text: string): void => save(name, type, [text]);

function save(name: string, type: string, parts: readonly string[]): void {
  const url = URL.createObjectURL(new Blob([...parts], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
