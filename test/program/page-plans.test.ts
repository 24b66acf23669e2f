import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cloneDatabase, SESSION_SECRET, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { FREQUENT_CUSTOMER, growDatabase } from "../support/grown-database.ts";
import { grownPages, type Page } from "../support/grown-pages.ts";
import { type Executed, reportPlans, watchPlans } from "../support/plans.ts";
import { readPage } from "../support/read-page.ts";
import { idleInBackground } from "../support/sql-spy.ts";

/** Small enough to be filled in seconds, and large enough for PostgreSQL to prefer an existing index. */
const SIZE = { rewards: 10_000, orders: 20_000 };
/** A statement reads up to 1,001 rows of which a fourth match, and less than all rewards or orders. */
const MAX_ROWS = 6_000;
/** PostgreSQL may use a generic plan for a named statement from its sixth execution on. */
const READINGS = 6;

let gateway: TestGateway;
let pages: Page[];
const plans = watchPlans();

beforeAll(async () => {
  const databaseUrl = await cloneDatabase();
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await growDatabase(client, { ...SIZE, voucherSecret: SESSION_SECRET });
  pages = await grownPages(client);
  await reportPlans(client);
  await client.end();
  gateway = await startTestGateway({ DATABASE_URL: databaseUrl }, idleInBackground);
}, 300_000);
afterAll(async () => {
  plans.stop();
  await gateway[Symbol.asyncDispose]();
});

test("every page reads a bounded number of rows, with tables of any size", async () => {
  const customer = await gateway.customer({ customerId: FREQUENT_CUSTOMER });
  const tokens = { anonymous: undefined, customer: customer.token, operator: gateway.operator.token };
  const findings: string[] = [];
  for (const page of pages) {
    const executed: Executed[] = [];
    plans.take();
    for (let reading = 0; reading < READINGS; reading += 1) {
      const problem = await readPage(gateway.url, page, tokens[page.as]);
      if (problem !== null) findings.push(`${page.name}: ${problem}`);
      const cold = plans.take();
      if (reading > 0) executed.push(...cold); // the counts of categories are cached
    }
    for (const { text, sequential, rowsRead, scans } of executed) {
      if (sequential.length > 0 || rowsRead > MAX_ROWS)
        findings.push(`${page.name} reads ${rowsRead} rows, ${scans.join(", ")}: ${text.slice(0, 300)}`);
    }
  }
  expect([...new Set(findings)]).toEqual([]);
}, 300_000);

test("a page that reads a whole table is reported", async () => {
  const page: Page = { name: "all", as: "operator", query: "{ rewards(filter: { states: [DRAFT] }) { totalCount } }" };
  await gateway.sql("drop index rewards_drafts");
  await gateway.sql("drop index rewards_name_id_idx");
  await gateway.sql("drop index rewards_popularity_id_idx");
  plans.take();
  await readPage(gateway.url, page, gateway.operator.token);
  expect(plans.take().flatMap(({ sequential }) => sequential)).toContain("rewards");
});
