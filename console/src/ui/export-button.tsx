import { useState } from "react";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { downloadCsv } from "./csv.ts";

type Cell = string | number;

/** A page of a list. */
export interface ListPage<Row> {
  nodes: readonly Row[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
}

interface ExportButtonProps<Row> {
  /** The name of the file. */
  name: string;
  header: readonly string[];
  toCells(row: Row): readonly Cell[];
  /** Reads the page behind a cursor; the first page for null. */
  read(after: string | null): Promise<ListPage<Row>>;
  disabled?: boolean;
}

/** A file with more rows is not opened by people. */
const MOST_ROWS = 50_000;

/** Exports a whole list, and not the rows alone that were scrolled to. */
export function ExportButton<Row>({ name, header, toCells, read, disabled = false }: ExportButtonProps<Row>) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  async function save() {
    setBusy(true);
    setProblem(null);
    try {
      const rows: (readonly Cell[])[] = [];
      for (let after: string | null = null; rows.length < MOST_ROWS; ) {
        const { nodes, pageInfo }: ListPage<Row> = await read(after);
        rows.push(...nodes.map(toCells));
        after = pageInfo.endCursor ?? null;
        if (!pageInfo.hasNextPage) break;
      }
      downloadCsv(name, header, rows);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  }
  return (
    <>
      <Button look="quiet" disabled={disabled} busy={isBusy} onClick={() => void save()}>
        Export as CSV
      </Button>
      {problem && <Notice tone="bad" title={`The list could not be exported: ${problem}`} />}
    </>
  );
}
