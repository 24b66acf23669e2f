import { afterAll, beforeAll, expect } from "vitest";
import { accessibilityFaults, browserTest, type Microsite, startMicrosite } from "../support/microsite.ts";
import { orderPrepared, orderSettled, placeOrder, readOrder } from "../support/orders.ts";

let site: Microsite;
beforeAll(async () => {
  site = await startMicrosite();
});
afterAll(() => site[Symbol.asyncDispose]());

browserTest("one reward of an order is cancelled, and its points are shown before", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 1_000 });
  const [cup, lamp] = [
    await gateway.merchandise({ name: "Cup", points: 150 }),
    await gateway.merchandise({ name: "Lamp", points: 200 }),
  ];
  const id = await placeOrder(customer, cup.id, lamp.id);
  await orderPrepared(customer, id);
  const { page, problems } = await site.visit(customer);
  await page.goto(`/orders/${encodeURIComponent(id)}`);
  const line = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "Cup" }) });
  await line.getByRole("button", { name: "Cancel this reward" }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel Cup?" });
  await dialog.getByText("150").first().waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Yes, cancel it" }).click();
  await line.getByText("Cancelled").waitFor();
  await gateway.until(async () => gateway.ledgerOf(customer).length === 3);
  expect(gateway.ledgerOf(customer)).toEqual([1_000, -350, 150]);
  expect((await readOrder(customer, id)).lines.map(({ status }) => status)).toEqual(["CANCELLED", "PROCESSING"]);
  expect(problems).toEqual([]);
});

browserTest("a return is requested and withdrawn, and its code stays hidden while it is open", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points: 100 });
  const id = await placeOrder(customer, reward.id);
  await orderSettled(customer, id);
  const { page, problems } = await site.visit(customer);
  await page.goto(`/orders/${encodeURIComponent(id)}`);
  await page.getByRole("button", { name: "Return this reward" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").selectOption({ label: "I changed my mind" });
  expect(await accessibilityFaults(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Send request" }).click();
  await page.getByText("Return requested. We’ll let you know here.").waitFor();
  expect(await page.getByRole("button", { name: /Show/ }).count()).toBe(0);
  await page.getByRole("button", { name: "Withdraw request" }).click();
  await page.getByRole("button", { name: /Show/ }).waitFor();
  expect(problems).toEqual([]);
});
