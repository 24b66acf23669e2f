import { afterAll, beforeAll, expect } from "vitest";
import { accessibilityFaults, browserTest, isTooWide, type Microsite, startMicrosite } from "../support/microsite.ts";
import { winner } from "../support/rewards/prizes.ts";

let site: Microsite;
beforeAll(async () => {
  site = await startMicrosite({ SEED: "sample" });
});
afterAll(() => site?.[Symbol.asyncDispose]());

browserTest("a voucher that was won is claimed, once, and costs nothing", async () => {
  const { gateway } = site;
  const { customer } = await winner(gateway, "BREWHAUS-250");
  const { page, problems, quiet } = await site.visit(customer);
  await page.goto("/activity");
  const prize = page.getByRole("region", { name: "Your earnings" }).getByRole("listitem").filter({
    hasText: "You won",
  });
  await prize.getByText("Ready to claim").waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await prize.getByRole("button", { name: "Claim" }).dblclick();
  await page.getByRole("heading", { name: "Your order is complete" }).waitFor();
  await page.getByText("Won in a lucky draw").waitFor();
  await page.getByText("You won this, so no points were taken.").waitFor();

  await page.goto("/activity");
  await prize.getByText("Fulfilled", { exact: true }).waitFor();
  await prize.getByRole("link", { name: "View order" }).click();
  await page.getByRole("heading", { name: "Your order is complete" }).waitFor();
  await page.goto("/orders");
  await page.getByRole("heading", { name: "Orders", level: 1 }).waitFor();
  await quiet();
  expect(await page.getByRole("main").getByRole("listitem").count()).toBe(1);
  expect(gateway.ledgerOf(customer)).toEqual([1_000]);
  expect(problems).toEqual([]);
});

browserTest("merchandise that was won is claimed on a phone after the address is entered", async () => {
  const { customer } = await winner(site.gateway, "WATTLEWIRE-HEADPHONES");
  const { page, problems } = await site.visit(customer, { viewport: { width: 320, height: 640 } });
  await page.goto("/activity");
  await page.getByRole("button", { name: "Claim" }).click();
  const dialog = page.getByRole("dialog", { name: "Where should we send it?" });
  await dialog.getByRole("textbox", { name: "Name" }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(await isTooWide(page)).toBe(false);
  await dialog.getByRole("textbox", { name: "Name" }).fill("Asha Rao");
  await dialog.getByRole("textbox", { name: "Street and number" }).fill("12 Lake Road");
  await dialog.getByRole("button", { name: "Claim and send it there" }).click();
  await dialog.locator("[name=city]:focus").waitFor();
  await dialog.getByRole("textbox", { name: "City" }).fill("Pune");
  await dialog.getByRole("textbox", { name: "Postal code" }).fill("411001");
  await dialog.getByRole("button", { name: "Claim and send it there" }).click();
  await page.getByText("12 Lake Road").waitFor();
  await page.getByText("Won in a lucky draw").waitFor();
  expect(problems).toEqual([]);
});
