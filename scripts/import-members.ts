// Links the member ids of a CSV file to customers on the running gateway: `linkMembers`, a hundred at a time.
//
//   npm run members:import -- <file> [address of the gateway]     a file of - reads standard input
//
// The first line names the columns: customerId, and memberId, userId or nik. Importing a file again is safe. Exit
// codes: 0 all are linked, 1 some are not (each is reported with its line), 2 the file is not readable or the gateway
// not reachable.
import "./explain-errors.ts";
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { originOf } from "../src/http/origin.ts";
import { decodeText, problemInWords, readTable } from "../src/platform/csv-table.ts";
import { commandLine, readProcessConfig } from "../src/program/command-line.ts";
import { askGateway } from "./ask-gateway.ts";

const COLUMNS = ["customerId", "memberId", "userId", "nik"];
const AT_ONCE = 100;
/** Further customers are counted but not listed. */
const MAX_UNKNOWN_LISTED = 20;

interface Row {
  line: number;
  ids: Record<string, string>;
}
interface Report {
  linked: number;
  awardsReleased: number;
  unknownCustomerIds: string[];
  rejected: { row: number; code: string; reason: string }[];
}

const [path, address] = process.argv.slice(2);
if (!path) stop(`Give the file to import: ${commandLine("members:import", "members.csv")}`);
const { host, port, rewardServiceToken } = readProcessConfig();
const gateway = address ?? originOf(host, port);
if (!/^https?:$/.test(URL.parse(gateway)?.protocol ?? "")) {
  stop(`${gateway} is not the address of a gateway: give one such as http://localhost:4000.`);
}
if (rewardServiceToken === undefined) stop("REWARD_SERVICE_TOKEN: required in production. Set it to the gateway's.");

const bytes = await (path === "-" ? buffer(process.stdin) : readFile(path)).catch((error: Error) =>
  stop(`Could not read ${path}: ${error.message}. Give a CSV file that exists.`),
);
const rows = readRows(decodeText(bytes));
let [linked, awardsReleased, rejected, waiting] = [0, 0, 0, [] as Row[]];
const unknown: { line: number; customerId: string }[] = [];
for (const { line, values: ids } of rows) {
  waiting.push({ line, ids });
  if (waiting.length === AT_ONCE) await send();
}
await send();
console.log(`${linked} linked, ${rejected} not; ${awardsReleased} awards had waited for it.`);
reportUnknown();
process.exitCode = rejected === 0 ? 0 : 1;

async function send(): Promise<void> {
  const sent = waiting;
  waiting = [];
  const report = await link(sent.map(({ ids }) => ids));
  linked += report.linked;
  awardsReleased += report.awardsReleased;
  rejected += report.rejected.length;
  const isUnknown = new Set(report.unknownCustomerIds);
  const refused = new Set(report.rejected.map(({ row }) => row));
  for (const [index, { line, ids }] of sent.entries()) {
    const { customerId = "" } = ids;
    if (isUnknown.has(customerId) && !refused.has(index + 1)) unknown.push({ line, customerId });
  }
  for (const { row, code, reason } of report.rejected) console.error(`line ${sent[row - 1]?.line}: ${code}: ${reason}`);
}

/** The gateway cannot distinguish a mistyped customer id from one whose customer has yet to sign in. */
function reportUnknown(): void {
  if (unknown.length === 0) return;
  console.log(
    `Linked customer ids that have never signed in to this gateway, which is normal for new customers: ${unknown.length}. ` +
      "Check them for mistakes, because a later import cannot change a link; an operator can, by moveMember:",
  );
  for (const { line, customerId } of unknown.slice(0, MAX_UNKNOWN_LISTED)) console.log(`  line ${line}: ${customerId}`);
  const more = unknown.length - MAX_UNKNOWN_LISTED;
  if (more > 0) console.log(`  and ${more} more`);
}

async function link(input: readonly Record<string, string>[]): Promise<Report> {
  const query = `mutation ($input: [LinkMemberInput!]!) {
    linkMembers(input: $input) { linked awardsReleased unknownCustomerIds rejected { row code reason } } }`;
  const { status, answer } = await askGateway(
    `${gateway}/graphql`,
    {
      headers: { authorization: `Bearer ${rewardServiceToken}` },
      body: JSON.stringify({ query, variables: { input } }),
    },
    (answer): answer is { data?: { linkMembers: Report } | null; errors?: { message: string }[] } =>
      "data" in answer || "errors" in answer,
  );
  const problem = answer.errors?.[0]?.message ?? status;
  const advice = "If it has another DATA_DIR or REWARD_SERVICE_TOKEN, give the same to this command.";
  return answer.data?.linkMembers ?? stop(`${gateway} answered: ${problem} ${advice}`);
}

function readRows(text: string) {
  const table = readTable(text, COLUMNS);
  if ("problem" in table) return stop(problemInWords(table.problem, COLUMNS));
  const { columns, rows } = table;
  if (!columns.includes("customerId") || columns.length < 2) {
    stop("The first line must name the columns: customerId, and memberId, userId or nik.");
  }
  return rows;
}

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}
