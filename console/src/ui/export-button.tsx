import { useState } from "react";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { csvLines, downloadParts } from "./csv.ts";
import { count } from "./format.ts";
import type { ListPage } from "./use-pages.ts";

type Cell = string | number;

interface ExportButtonProps<Row> {
  /** The name of the file. */
  name: string;
  header: readonly string[];
  /** The lines of the file for a row of the list; each line is a list of cells. */
  toCells(row: Row): readonly (readonly Cell[])[];
  /** Reads the page after a cursor; the first page for null. */
  read(after: string | null): Promise<ListPage<Row>>;
  disabled?: boolean;
}

/** A number of rows that spreadsheets open without trouble and that fits into the browser's memory. */
const MAX_ROWS = 50_000;

/** Exports a whole list page by page, by the list's own query: its roles and masks apply to the file. */
export function ExportButton<Row>({ name, header, toCells, read, disabled = false }: ExportButtonProps<Row>) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [rowsRead, setRowsRead] = useState(0);
  async function save() {
    setBusy(true);
    setProblem(null);
    setRowsRead(0);
    try {
      const parts = [csvLines([header])];
      let rows = 0;
      for (let after: string | null = null, hasNextPage = true; hasNextPage; ) {
        const { nodes, pageInfo }: ListPage<Row> = await read(after);
        rows += nodes.length;
        parts.push(csvLines(nodes.flatMap((row) => toCells(row))));
        setRowsRead(rows);
        after = pageInfo.endCursor ?? null;
        hasNextPage = pageInfo.hasNextPage && nodes.length > 0;
        if (hasNextPage && rows >= MAX_ROWS) {
          setProblem(`The file contains the first ${count(rows)} rows. Filter the list to export the others.`);
          break;
        }
      }
      downloadParts(name, parts);
    } catch (error) {
      setProblem(`The list could not be exported: ${error instanceof Error ? error.message : String(error)}`);
    }
    setBusy(false);
  }
  return (
    <>
      <Button variant="quiet" disabled={disabled} busy={isBusy} onClick={() => void save()}>
        Export as CSV
      </Button>
      {isBusy && <span role="status" className="sr-only">{`${count(rowsRead)} rows read.`}</span>}
      {problem && <Notice tone="bad" title={problem} />}
    </>
  );
}
