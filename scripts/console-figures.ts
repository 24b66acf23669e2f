// Prints the console's costs in an operator's browser, for a running gateway (`npm start`): the JavaScript of a first
// load of each page, and the CPU time of scrolling through 10,000 orders. The orders are generated on the fly,
// a page of 50 at a time.
//
//   npm run console:figures [-- <directory> [--all]]
//
// With a directory it also takes a screenshot of each page; with --all also in dark colours and in a narrow window.
import "./explain-errors.ts";
import { mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { readProcessConfig } from "../src/program/command-line.ts";
import { askGateway } from "./ask-gateway.ts";
import { gateway, openBrowser } from "./site-visit.ts";

const ORDERS = 10_000;
const STEP_PX = 700;
const MAX_SCROLL_MS = 300_000;
const pages: [name: string, path: string][] = [
  ["today", "/console/"],
  ["orders", "/console/orders"],
  ["customer", "/console/customers/CUST12345"],
  ["catalogue", "/console/catalogue"],
  ["reward", "/console/catalogue/WATTLEWIRE-HEADPHONES"],
  ["earning", "/console/earning"],
  ["new-rule", "/console/earning/new"],
  ["try", "/console/earning/try"],
  ["draws", "/console/earning/draws"],
  ["quarantine", "/console/earning/quarantine"],
  ["awards", "/console/earning/awards"],
  ["money", "/console/money"],
  ["runs", "/console/money/runs"],
  ["breaks", "/console/money/breaks"],
  ["liability", "/console/money/liability"],
  ["team", "/console/team"],
  ["keys", "/console/team/keys"],
  ["brand", "/console/team/brand"],
  ["webhooks", "/console/team/webhooks"],
  ["audit", "/console/team/audit"],
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { all: { type: "boolean", default: false } },
});
const [directory] = positionals;
if (directory) mkdirSync(directory, { recursive: true });
const { dataDir } = readProcessConfig();
const token = process.env["OPERATOR_TOKEN"] ?? (await readFile(join(dataDir, "operator-token"), "utf8")).trim();
const browser = await openBrowser();
const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, reducedMotion: "reduce" });
const first = await context.newPage();
await first.goto(`${gateway}/console/`);
await first.getByLabel("Operator key").fill(token);
await first.keyboard.press("Enter");
await first.getByRole("navigation", { name: "Main" }).waitFor();
const storageState = await context.storageState();
const body = JSON.stringify({ query: "{ orders(first: 1) { nodes { number } } }" });
const { answer } = await askGateway(
  `${gateway}/graphql`,
  { headers: { authorization: `Bearer ${token}` }, body },
  (found): found is { data: { orders: { nodes: { number: string }[] } } } => "data" in found,
);
const newest = answer.data.orders.nodes[0]?.number;
if (newest) pages.splice(2, 0, ["order", `/console/orders/${newest}`]);

const rows: Record<string, Record<string, string>> = {};
for (const [name, path] of pages) {
  const fresh = await browser.newContext({
    viewport: { width: 1280, height: 860 },
    reducedMotion: "reduce",
    storageState,
  });
  const page = await fresh.newPage();
  const scripts: Promise<Buffer>[] = [];
  page.on("response", (response) => {
    if (response.request().resourceType() === "script") scripts.push(response.body());
  });
  await page.goto(gateway + path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.waitForLoadState("networkidle").catch(() => {});
  const sizes = (await Promise.all(scripts)).map((script) => gzipSync(script, { level: 9 }).length);
  rows[name] = { "JS, gzipped": `${(sizes.reduce((sum, size) => sum + size, 0) / 1_000).toFixed(0)} kB` };
  if (directory) {
    await page.evaluate("document.fonts.ready.then(() => {})");
    for (const scheme of values.all ? (["light", "dark"] as const) : (["light"] as const)) {
      for (const width of values.all ? [1280, 768] : [1280]) {
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize({ width, height: 860 });
        await page.waitForTimeout(300); // the colours change gradually
        const variant = `${scheme === "dark" ? "-dark" : ""}${width === 768 ? "-768" : ""}`;
        await page.screenshot({ path: join(directory, `console-${name}${variant}.jpg`), type: "jpeg", quality: 78 });
      }
    }
  }
  await fresh.close();
}
console.table(rows);

await serveOrders(first);
await first.addInitScript(`globalThis.tasks = [];
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });`);
await first.goto(`${gateway}/console/orders`);
const grid = first.getByRole("grid", { name: "Orders" });
await grid.waitFor();
await first.evaluate("tasks.length = 0");
await grid.hover();
const cdp = await context.newCDPSession(first);
await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
/** CPU time of the page's main thread since its start. */
const cpuMs = async () => {
  const { metrics } = await cdp.send("Performance.getMetrics");
  return 1_000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN);
};
let rowsRead = 0;
const stepsMs: number[] = [];
const until = Date.now() + MAX_SCROLL_MS;
for (let before = await cpuMs(); rowsRead <= ORDERS && Date.now() < until; ) {
  await first.mouse.wheel(0, STEP_PX);
  await first.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  rowsRead = Number(
    await first.evaluate("Number(document.querySelector('[role=row]:last-child')?.getAttribute('aria-rowindex'))"),
  );
  const now = await cpuMs();
  stepsMs.push(now - before);
  before = now;
}
const tasks = (await first.evaluate("tasks")) as number[];
console.log(
  `${rowsRead - 1} of ${ORDERS} orders were scrolled through in ${stepsMs.length} steps. A step took the main thread ${Math.max(...stepsMs).toFixed(0)} ms of CPU ` +
    `at most, ${(stepsMs.reduce((sum, each) => sum + each, 0) / stepsMs.length).toFixed(0)} ms on average. By the clock, which counts what else the machine ` +
    `does, ${tasks.length} tasks took more than 50 ms, the longest ${Math.max(0, ...tasks).toFixed(0)} ms.`,
);
await browser.close();

/** Answers the list of orders instead of the gateway. */
async function serveOrders(page: Page): Promise<void> {
  await page.route("**/graphql?console", async (route) => {
    const asked = route.request().postDataJSON() as { operationName?: string; variables?: { after?: string | null } };
    if (asked.operationName !== "Orders") return route.continue();
    const start = Number(asked.variables?.after ?? 0);
    const end = start + 50;
    const pageInfo = { __typename: "PageInfo", hasNextPage: end < ORDERS, endCursor: String(end) };
    const nodes = Array.from({ length: 50 }, (_, place) => order(start + place));
    const orders = { __typename: "OrderConnection", totalCount: ORDERS, nodes, pageInfo };
    return route.fulfill({ json: { data: { orders } } });
  });
}

function order(place: number): object {
  const number = String(place).padStart(6, "0");
  return {
    __typename: "Order",
    id: `order-${number}`,
    number: `ORD-261129-${number}`,
    status: place % 7 === 0 ? "FAILED" : "FULFILLED",
    pointsState: place % 11 === 0 ? "NEEDS_ATTENTION" : "TAKEN",
    total: 100 + (place % 900),
    placedAt: new Date(Date.UTC(2026, 10, 29) - place * 60_000).toISOString(),
    assignee: null,
    customer: { __typename: "Customer", id: `customer-${place % 500}`, customerId: `CUST${place % 500}` },
    lines: [{ __typename: "OrderLine", id: `line-${number}`, name: "Headphones", quantity: 1 }],
  };
}
