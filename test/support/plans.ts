import pg from "pg";
import { growingTables } from "./grown-database.ts";

/** A node of a plan, as `EXPLAIN (FORMAT JSON)` shows it. */
interface PlanNode {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Actual Rows"?: number;
  "Actual Loops"?: number;
  "Rows Removed by Filter"?: number;
  "Rows Removed by Index Recheck"?: number;
  Plans?: PlanNode[];
}

/** A sequential scan is right for a table with so few rows. */
const FEW_ROWS = 500;

/** Nodes that stop reading when the limit above them is reached. `rowsRead` shows whether it is reached. */
const PASSING: ReadonlySet<string> = new Set(["Subquery Scan", "Result", "ProjectSet", "Append", "Nested Loop"]);

/** A statement that PostgreSQL has executed for a gateway in this process. */
export interface Executed {
  text: string;
  ms: number;
  /** Growing tables of which many rows were read without an index. */
  sequential: string[];
  /** Rows that were read from tables and indexes, including those that a filter dropped. */
  rowsRead: number;
  /** The scans, such as `orders by orders_of_status (21 rows)`. */
  scans: string[];
}

/** Makes every statement report its plan to its own connection. Needs a superuser, and new connections. */
export async function reportPlans(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>("select quote_ident(current_database()) as name");
  const settings = {
    session_preload_libraries: "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_format": "json",
    "auto_explain.log_level": "notice",
  };
  await client.query("load 'auto_explain'"); // its settings are unknown otherwise
  for (const [setting, value] of Object.entries(settings))
    await client.query(`alter database ${rows[0]?.name} set ${setting} = '${value}'`);
}

/** Collects the plans that connections of this process report from now on. @returns takes those since the last call */
export function watchPlans(): { take(): Executed[]; stop(): void } {
  const { query } = pg.Client.prototype;
  const heard = new WeakSet<pg.Client>();
  let executed: Executed[] = [];
  let isWatching = true;
  pg.Client.prototype.query = function (this: pg.Client, ...sent: unknown[]) {
    if (!heard.has(this)) {
      heard.add(this);
      this.on("notice", ({ message }) => {
        const report = isWatching && message?.match(/^duration: ([\d.]+) ms {2}plan:\n([\s\S]*)$/);
        if (report) executed.push(readPlan(Number(report[1]), JSON.parse(report[2] ?? "")));
      });
    }
    return Reflect.apply(query, this, sent);
  } as typeof query;
  return {
    take() {
      const taken = executed;
      executed = [];
      return taken;
    },
    stop() {
      isWatching = false;
      pg.Client.prototype.query = query;
    },
  };
}

function readPlan(ms: number, { "Query Text": text, Plan: plan }: { "Query Text": string; Plan: PlanNode }): Executed {
  const read: Executed = { text: text.replace(/\s+/g, " ").trim(), ms, sequential: [], rowsRead: 0, scans: [] };
  const visit = (node: PlanNode, endsEarly: boolean) => {
    const { "Node Type": type, "Relation Name": table, "Index Name": index, "Actual Loops": loops = 0 } = node;
    if (type.includes("Scan") && (table || index)) {
      const dropped = (node["Rows Removed by Filter"] ?? 0) + (node["Rows Removed by Index Recheck"] ?? 0);
      const rows = Math.round(((node["Actual Rows"] ?? 0) + dropped) * loops);
      read.rowsRead += rows;
      read.scans.push(
        `${table ?? "bitmap"}${index ? ` by ${index}` : type === "Seq Scan" ? " sequentially" : ""} (${rows} rows)`,
      );
      if (type === "Seq Scan" && !endsEarly && rows > FEW_ROWS && table && growingTables.has(table))
        read.sequential.push(table);
    }
    for (const child of node.Plans ?? []) visit(child, type === "Limit" || (endsEarly && PASSING.has(type)));
  };
  visit(plan, false);
  return read;
}
