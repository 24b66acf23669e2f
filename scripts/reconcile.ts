// Compares a period with the points provider, Capillary and the voucher pools, on the running gateway, and repairs
// differences.
//
//   npm run reconcile -- --from 2026-11-27 --to 2026-11-28 [--ledger statement.csv] [--every-customer]
//   npm run reconcile -- --breaks                              lists the open breaks
//   npm run reconcile -- --repair <id> --note "why"            carries out the repair of a break
//   npm run reconcile -- --write-off <id> --note "why"         closes a break without a repair
//   npm run reconcile -- --settlement 2026-11-28               the settlement of a day, as CSV
//
// A day begins at midnight in PROGRAM_TIME_ZONE; a moment such as 2026-11-28T10:00:00Z is also accepted. --gateway sets
// another address. Exit codes: 0 no break is open, 1 breaks are open or a repair failed, 2 the gateway is not
// reachable.
import "./explain-errors.ts";
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { originOf } from "../src/http/origin.ts";
import { decodeText } from "../src/platform/csv-table.ts";
import { SetupError } from "../src/platform/setup-error.ts";
import { startOfDay } from "../src/platform/time-zone.ts";
import { commandLine, readProcessConfig } from "../src/program/command-line.ts";
import { askOperator } from "./ask-gateway.ts";

interface UserError {
  message: string;
}
interface ShownBreak {
  id: string;
  class: string;
  state: string;
  repair: string;
  ageSeconds: number;
  customerId: string | null;
  orderNumber: string | null;
  pointsOwed: number | null;
  pointsOver: number | null;
  evidence: string;
  lastError: string | null;
}
interface ShownRun {
  id: string;
  finishedAt: string | null;
  compared: { kind: string; count: number }[];
  skipped: string[];
  breaksFound: number;
  breaksNew: number;
}

/** A request is at most 1 MB. */
const LINES_AT_ONCE = 2_000;
const POLL_MS = 500;
const breakFields = "id class state repair ageSeconds customerId orderNumber pointsOwed pointsOver evidence lastError";

const { values } = parseArgs({
  options: {
    from: { type: "string" },
    to: { type: "string" },
    ledger: { type: "string" },
    "every-customer": { type: "boolean", default: false },
    breaks: { type: "boolean", default: false },
    repair: { type: "string" },
    "write-off": { type: "string" },
    note: { type: "string" },
    settlement: { type: "string" },
    gateway: { type: "string" },
  },
});
const { host, port, operatorToken, programTimeZone } = readProcessConfig();
const gateway = values.gateway ?? originOf(host, port);
if (!/^https?:$/.test(URL.parse(gateway)?.protocol ?? "")) {
  throw new SetupError(`${gateway} is not the address of a gateway: give one such as http://localhost:4000.`);
}
if (operatorToken === undefined)
  throw new SetupError(
    "OPERATOR_TOKEN: required in production. Set it to the gateway's, or to the key of an operator (createOperatorKey).",
  );

const toRepair = values.repair ?? values["write-off"];
if (values.settlement !== undefined) await printSettlement(values.settlement);
else if (toRepair !== undefined) await repair(toRepair, values.repair === undefined);
else if (values.breaks) await listBreaks();
else await run();

async function run(): Promise<void> {
  const { from, to, ledger } = values;
  if (from === undefined || to === undefined) {
    throw new SetupError(`Give the period: ${commandLine("reconcile", "--from 2026-11-27 --to 2026-11-28")}`);
  }
  if (ledger !== undefined) await importStatement(ledger);
  const { runReconciliation: started } = await ask<{
    runReconciliation: { run: ShownRun | null; userErrors: UserError[] };
  }>(
    `mutation ($input: RunReconciliationInput!) { runReconciliation(input: $input) { run { id } userErrors { message } } }`,
    {
      input: {
        from: moment(from),
        to: moment(to),
        everyCustomer: values["every-customer"],
        statementImported: ledger !== undefined,
      },
    },
  );
  if (!started.run) throw new SetupError(started.userErrors.map(({ message }) => message).join(" "));
  const { id } = started.run;
  for (;;) {
    const { reconciliationRun: run } = await ask<{ reconciliationRun: ShownRun }>(
      "query ($id: ID!) { reconciliationRun(id: $id) { finishedAt compared { kind count } skipped breaksFound breaksNew } }",
      { id },
    );
    if (run.finishedAt === null) {
      await delay(POLL_MS);
      continue;
    }
    console.log(`Compared: ${run.compared.map(({ kind, count }) => `${count} ${kind}`).join(", ")}.`);
    for (const skipped of run.skipped) console.error(`NOT COMPARED: ${skipped}.`);
    console.log(`${run.breaksFound} breaks, ${run.breaksNew} of them new.`);
    break;
  }
  await listBreaks();
}

async function importStatement(path: string): Promise<void> {
  const bytes = await (path === "-" ? buffer(process.stdin) : readFile(path)).catch((error: Error) => {
    throw new SetupError(`Could not read ${path}: ${error.message}. Give a CSV file that exists.`);
  });
  const [header = "", ...lines] = decodeText(bytes).split(/\r?\n/);
  for (let start = 0; start < lines.length; start += LINES_AT_ONCE) {
    const csv = [header, ...lines.slice(start, start + LINES_AT_ONCE)].join("\n");
    const { importLedgerStatement: report } = await ask<{
      importLedgerStatement: {
        entries: number;
        imported: number;
        problems: { line: number | null; message: string }[];
      };
    }>(
      `mutation ($input: ImportLedgerStatementInput!) { importLedgerStatement(input: $input) {
        entries imported problems { line message } } }`,
      { input: { csv } },
    );
    for (const { line, message } of report.problems) {
      console.error(line === null ? message : `line ${line === 1 ? 1 : line + start}: ${message}`);
    }
    if (report.problems.length > 0)
      throw new SetupError(`${path} is not a statement. Correct it, and import it again.`);
    console.log(`${report.entries} entries read, ${report.imported} of them new.`);
  }
}

async function listBreaks(): Promise<void> {
  let after: string | null = null;
  let open = 0;
  do {
    type Page = {
      reconciliationBreaks: { nodes: ShownBreak[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
    };
    const page: Page = await ask<Page>(
      `query ($after: String) { reconciliationBreaks(first: 100, after: $after, filter: { states: [OPEN, REPAIRING] }) {
        nodes { ${breakFields} } pageInfo { hasNextPage endCursor } } }`,
      { after },
    );
    const { nodes, pageInfo } = page.reconciliationBreaks;
    for (const each of nodes) console.log(wordsOf(each));
    open += nodes.length;
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  if (open === 0) console.log("No break is open.");
  else process.exitCode = 1;
}

async function repair(breakId: string, writeOff: boolean): Promise<void> {
  if (!values.note?.trim()) throw new SetupError('Say why, for the audit log: --note "looked up with the provider"');
  const { repairBreak } = await ask<{ repairBreak: { break: ShownBreak | null; userErrors: UserError[] } }>(
    `mutation ($input: RepairBreakInput!) { repairBreak(input: $input) { break { ${breakFields} } userErrors { message } } }`,
    { input: { breakId, action: writeOff ? "WRITE_OFF" : "REPAIR", note: values.note } },
  );
  for (const { message } of repairBreak.userErrors) console.error(message);
  if (repairBreak.break) console.log(wordsOf(repairBreak.break));
  process.exitCode = repairBreak.userErrors.length === 0 ? 0 : 1;
}

async function printSettlement(day: string): Promise<void> {
  const { settlement } = await ask<{ settlement: { csv: string } }>(
    "query ($day: Date!) { settlement(day: $day) { csv } }",
    {
      day,
    },
  );
  process.stdout.write(settlement.csv);
}

function wordsOf({ id, class: name, state, repair, ageSeconds, orderNumber, customerId, ...more }: ShownBreak): string {
  const isClosed = state !== "OPEN" && state !== "REPAIRING";
  const points =
    more.pointsOwed === null
      ? more.pointsOver === null
        ? ""
        : `, ${more.pointsOver} points too many`
      : `, ${more.pointsOwed} points owed`;
  const about = [orderNumber, customerId].filter(Boolean).join(" of ");
  const whose = about === "" ? "" : `: ${about}`;
  const failed = more.lastError === null ? "" : `\n  last repair: ${more.lastError}`;
  const command = commandLine("reconcile", `${repair === "WRITE_OFF" ? "--write-off" : "--repair"} ${id} --note "…"`);
  const next = isClosed ? "" : `\n  repair: ${repair}, ${command}${failed}`;
  return `${name} ${state}, ${ageOf(ageSeconds)} old${points}${whose}\n  ${more.evidence}${next}`;
}

function ageOf(seconds: number): string {
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} days`;
}

/** @throws SetupError if the text is neither a day nor a moment */
function moment(text: string): string {
  try {
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return startOfDay(text, programTimeZone).toISOString();
    if (!Number.isNaN(Date.parse(text)) && /[zZ]|[+-]\d\d:\d\d$/.test(text)) return new Date(text).toISOString();
  } catch {
    // reported below
  }
  throw new SetupError(`${text} is neither a day such as 2026-11-28 nor a moment such as 2026-11-28T10:00:00Z.`);
}

function ask<Data>(query: string, variables: Record<string, unknown>): Promise<Data> {
  return askOperator({ gateway, operatorToken: operatorToken ?? "" }, query, variables);
}
