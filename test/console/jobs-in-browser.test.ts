import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect } from "vitest";
import { clicksOn, faultsOf, signedIn } from "../support/console.ts";
import { browserTest, type Microsite, startMicrosite } from "../support/microsite.ts";
import { orderSettled, placeOrder, readOrder } from "../support/orders.ts";

let site: Microsite;
beforeAll(async () => {
  site = await startMicrosite({ CLIENT_SETTLE_SECONDS: "0.05" });
});
afterAll(() => site?.[Symbol.asyncDispose]());

browserTest("where is my order: its number as it is dictated leads to a plain sentence", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points: 200 });
  const order = await orderSettled(customer, await placeOrder(customer, reward.id));

  const wrong = await site.visit();
  await wrong.page.goto("/console/orders");
  await wrong.page.getByLabel("Operator key").fill("not a key");
  await wrong.page.getByRole("button", { name: "Sign in" }).click();
  await wrong.page.getByText("Ask an operator with the role ADMIN for a new one").waitFor();
  expect(await faultsOf(wrong.page)).toEqual([]);

  const { page, problems } = await signedIn(site, ["support"]);
  await page.getByText("Orders placed").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.keyboard.press("Control+K");
  await page.getByRole("dialog").getByRole("combobox").fill(order.number.toLowerCase().replaceAll("-", " "));
  await page.getByRole("option", { name: order.number }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: order.number }).waitFor();
  await page.getByText("200 points were taken. The reward was given.").waitFor();
  expect(await page.getByRole("button", { name: "Take back" }).count()).toBe(0); // that is for the role ORDERS
  await page.getByLabel("Add a note").fill("She has found the code.");
  await page.getByRole("button", { name: "Add the note" }).click();
  await page.getByText("She has found the code.", { exact: true }).first().waitFor();
  expect(await clicksOn(page)).toBe(1);
  await page.getByText("No note yet.").waitFor({ state: "detached" });
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("link", { name: customer.customerId }).click();
  await page.getByRole("heading", { level: 1, name: customer.customerId }).waitFor();
  await page.getByText("The customer is in no group.").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByLabel("Operator key").waitFor();
  expect(problems).toEqual([]);
});

browserTest("an unknown outcome is resolved from the queue, with its evidence", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points: 200 });
  // The answer is lost after the deduction, and another channel spends in the meantime: no evidence says which.
  const lost = gateway.fault("redeem", { fault: "hold", commit: true });
  const id = await placeOrder(customer, reward.id);
  await gateway.sandbox.faults.held(lost);
  await gateway.spendElsewhere(customer.customerId, 77);
  const { page, problems } = await signedIn(site, ["orders"]);
  await page.getByText("Nothing waits for you.").waitFor();

  gateway.endPatience("redeem");
  gateway.sandbox.faults.release();
  const { number } = await readOrder(customer, id);
  await page.getByRole("heading", { name: "Unknown outcomes" }).waitFor(); // by itself
  await page.getByRole("link", { name: `Order ${number}` }).click();
  await page.getByRole("heading", { name: "Waits for you" }).waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Record the outcome" }).click();
  await page.getByRole("dialog").getByText("Record only what the ledger shows").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByLabel("It happened: the ledger shows 200 points taken.").check();
  await page.getByLabel("Evidence").fill("Entry 4711 of their ledger, looked up on the phone.");
  await page.getByRole("button", { name: "Record it" }).click();
  await page.getByText("200 points were taken. The reward was given.").waitFor(); // as it happens
  expect(await clicksOn(page)).toBe(4); // a label that is clicked clicks its field as well, without the mouse
  expect(await orderSettled(customer, id)).toMatchObject({ status: "FULFILLED" });
  expect(problems).toEqual([]);
});

browserTest("1,000 codes of which 3 are bad are imported without the 3, which are named by their lines", async () => {
  const { gateway } = site;
  const reward = await gateway.voucher({ codes: 0, name: "Gift card" });
  const codes = Array.from({ length: 1_000 }, () => `GIFT-${randomUUID().slice(0, 13)}`);
  Object.assign(codes, { 10: "6.947E+15", 20: codes[19], 30: "#N/A" });
  const { page, problems } = await signedIn(site, ["catalogue"], `/console/catalogue/${reward.sku}`);
  const main = page.getByRole("navigation", { name: "Main" });
  expect(await main.getByRole("link").allInnerTexts()).toEqual(["Today", "Catalogue"]);
  await page.getByText("No code was imported yet.").waitFor();
  const buffer = Buffer.from(["code", ...codes].join("\n"));
  await page.getByLabel("A CSV file of codes").setInputFiles({ name: "codes.csv", mimeType: "text/csv", buffer });
  await page.getByText("997 codes are right, 3 rows are not.").waitFor();
  const table = page.getByRole("table", { name: "Rows that are not right" });
  expect(await table.getByRole("row").allInnerTexts()).toEqual([
    expect.stringMatching(/^Line/),
    expect.stringMatching(/^12\s/),
    expect.stringMatching(/^22\s/),
    expect.stringMatching(/^32\s/),
  ]);
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Import 997 codes" }).click();
  await page.getByText("997 codes are in the pool.").waitFor();
  expect(await clicksOn(page)).toBe(1);
  await page.getByRole("table", { name: "Imports" }).getByText("997").first().waitFor();
  await main.getByRole("link", { name: "Catalogue" }).click();
  await page.getByRole("grid", { name: "Rewards" }).getByText("Gift card").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  expect(problems).toEqual([]);
});
