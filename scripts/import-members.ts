// Tells the running gateway whose the ids of a CSV file are: `linkMembers`, a hundred at a time.
//
//   npm run members:import -- <file> [address of the gateway]     a file of - reads what is piped in
//
// The first line names the columns: customerId, and memberId, userId or nik. Importing a file again is safe. Answers 0 when all
// are linked, 1 when some are not (each is told, by its line), 2 when nothing could be read or asked.
import { createReadStream } from "node:fs";
import { CsvError, type Info, parse } from "csv-parse";
import { readConfig } from "../src/config.ts";

const COLUMNS = ["customerId", "memberId", "userId", "nik"];
const AT_ONCE = 100;

interface Row {
  line: number;
  ids: Record<string, string>;
}
interface Report {
  linked: number;
  awardsReleased: number;
  rejected: { row: number; code: string; reason: string }[];
}

const { port, rewardServiceToken } = readConfig(process.env);
const [path, gateway = `http://localhost:${port}`] = process.argv.slice(2);
if (!path) stop("Say which file: npm run members:import -- members.csv");

const rows = (path === "-" ? process.stdin : createReadStream(path))
  .on("error", (error: Error) => stop(error.message))
  .pipe(parse({ columns: checkColumns, bom: true, trim: true, skip_empty_lines: true, info: true }));
let [linked, awardsReleased, rejected, waiting] = [0, 0, 0, [] as Row[]];
try {
  for await (const { record, info } of rows as AsyncIterable<{ record: Record<string, string>; info: Info }>) {
    waiting.push({ line: info.lines, ids: record });
    if (waiting.length === AT_ONCE) await send();
  }
} catch (error) {
  // Nothing of the file is repeated: it may be a national id.
  if (error instanceof CsvError)
    stop(`This is not CSV: line ${String(error["lines"])} cannot be read (${error.code}).`);
  throw error;
}
await send();
console.log(`${linked} linked, ${rejected} not; ${awardsReleased} awards had waited for it.`);
process.exitCode = rejected === 0 ? 0 : 1;

async function send(): Promise<void> {
  const sent = waiting;
  waiting = [];
  const report = await link(sent.map(({ ids }) => ids));
  linked += report.linked;
  awardsReleased += report.awardsReleased;
  rejected += report.rejected.length;
  for (const { row, code, reason } of report.rejected) console.error(`line ${sent[row - 1]?.line}: ${code}: ${reason}`);
}

async function link(input: readonly Record<string, string>[]): Promise<Report> {
  const query = `mutation ($input: [LinkMemberInput!]!) {
    linkMembers(input: $input) { linked awardsReleased rejected { row code reason } } }`;
  const response = await fetch(`${gateway}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${rewardServiceToken}` },
    body: JSON.stringify({ query, variables: { input } }),
  }).catch((error: Error) => stop(`Nothing answers at ${gateway}: start the gateway first (${error.message}).`));
  const { data, errors } = (await response.json()) as {
    data?: { linkMembers: Report } | null;
    errors?: { message: string }[];
  };
  return data?.linkMembers ?? stop(`${gateway} answered: ${errors?.[0]?.message ?? response.status}`);
}

function checkColumns(columns: string[]): string[] {
  const unknown = columns.filter((column) => !COLUMNS.includes(column));
  if (unknown.length > 0) stop(`Unknown column ${unknown.join(", ")}; there are ${COLUMNS.join(", ")}.`);
  if (!columns.includes("customerId") || columns.length < 2) {
    stop("The first line must name the columns: customerId, and memberId, userId or nik.");
  }
  return columns;
}

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}
