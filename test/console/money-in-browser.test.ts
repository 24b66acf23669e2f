import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { DAY } from "../support/clock.ts";
import { clicksOn, faultsOf, signedIn } from "../support/console.ts";
import { browserTest, type Microsite, startMicrosite } from "../support/microsite.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";
import { withStatement } from "../support/reconciliation.ts";

let site: Microsite;
beforeAll(async () => {
  site = await startMicrosite({ ...withStatement, RECONCILE_AT: "never" });
});
afterAll(() => site?.[Symbol.asyncDispose]());

/** The previous month in the programme's time zone. */
function lastMonth(): string {
  const now = new Date();
  return new Date(Date.UTC(now.getFullYear(), now.getMonth() - 1, 1)).toISOString().slice(0, 7);
}

/** Moves all records into the previous month, as if the current month had begun since. */
const backdate = (by: string) =>
  site.gateway.sql("update points_movements set settled_at = settled_at - $1::interval", [by]);

const saved = async (page: Page, press: () => Promise<void>): Promise<string> => {
  const [download] = await Promise.all([page.waitForEvent("download"), press()]);
  return readFile(await download.path(), "utf8");
};

browserTest("the month is closed: a run, an open break written off, totals that balance, and a sign-off", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points: 30 });
  await orderSettled(customer, await placeOrder(customer, [reward.id, 2]));
  const days = Math.ceil((Date.now() - Date.parse(`${lastMonth()}-15T00:00:00Z`)) / DAY);
  await backdate(`${days} days`);

  const { page, problems } = await signedIn(site, ["support"]);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Money" }).click();
  await page.getByText("The month cannot be closed yet.").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Reconcile the month now" }).click();
  // The provider's ledger keeps the deduction's original date, and not the month into which it was moved.
  await page.getByRole("link", { name: "1 break is open." }).click();
  await page.getByText("is confirmed here, but is not in the provider's ledger").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Write off" }).click();
  await page.getByRole("dialog").getByLabel("Evidence").fill("Moved by the test.");
  await page.getByRole("dialog").getByRole("button", { name: "Write off" }).click();
  await page.getByText("No differences.").waitFor();
  await page.getByRole("navigation", { name: "Money" }).getByRole("link", { name: "Month" }).click();
  await page.getByText("A finished run has covered all").waitFor();
  const csv = await saved(page, () => page.getByRole("button", { name: "Monthly settlement as CSV" }).click());
  expect(csv.match(/,TOTAL,/g)?.length).toBeGreaterThanOrEqual(28);
  expect(csv).toContain(`,CLIENT,INDIVIDUAL,,${reward.sku},`);
  expect(csv.match(/day,ledger/g)).toHaveLength(1);
  await page.getByRole("button", { name: /^Close / }).click();
  await page.getByText("You sign off 60 points deducted, 0 points returned and 0 points credited.").waitFor();
  await page.getByLabel("Note").fill("Looked at the break with Asha.");
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Sign off the month" }).click();
  await page.getByText("Closed by").waitFor();
  expect(await clicksOn(page)).toBe(9);
  expect(await faultsOf(page)).toEqual([]);
  const audited = await gateway.sql("select subject from audit_log where action = 'month.close'");
  expect(audited).toEqual([{ subject: lastMonth() }]);
  expect(problems).toEqual([]);
});

browserTest("a run, a provider's file with a wrong line, and the liability with its parts", async () => {
  const { page, problems } = await signedIn(site, ["support"], "/console/money/runs");
  await page.getByRole("button", { name: "Reconcile a period" }).click();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Start the reconciliation" }).click();
  await page.getByRole("table", { name: "Runs" }).getByText("Complete").first().waitFor();
  const buffer = Buffer.from("entry_id,at,customer_id,type,order_id,reference,points\n1,yesterday,C,redeem,O,,5");
  await page.getByLabel("A CSV file").setInputFiles({ name: "statement.csv", mimeType: "text/csv", buffer });
  await page.getByText("No entry was imported.").waitFor();
  await page.getByRole("table", { name: "Invalid rows" }).getByRole("cell", { name: "2", exact: true }).waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("navigation", { name: "Money" }).getByRole("link", { name: "Liability" }).click();
  await page.getByText("The figure covers only the gateway's own records.").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  expect(problems).toEqual([]);
});
