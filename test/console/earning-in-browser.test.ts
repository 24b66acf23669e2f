import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect } from "vitest";
import { clicksOn, faultsOf, signedIn } from "../support/console.ts";
import { browserTest, type Microsite, startMicrosite } from "../support/microsite.ts";
import { win, winner } from "../support/rewards/prizes.ts";
import { awardsIn, given, link, post } from "../support/rewards/rewards.ts";

let site: Microsite;
beforeAll(async () => {
  site = await startMicrosite({ SEED: "sample" });
});
afterAll(() => site?.[Symbol.asyncDispose]());

const purchase = (userId: number, trxId: string, amount: unknown) => ({
  Action: "transactionpromo",
  Data: { id: userId, trxId, transaction: [{ date: "2026-02-08T11:22:06", amount }] },
});

browserTest("a refused message is corrected with its changes shown, tried and resubmitted", async () => {
  const { gateway } = site;
  const userId = randomInt(10_000, 2 ** 31);
  const { body } = await post(gateway, purchase(userId, "T-77", "ten"));
  expect(body.code).not.toBe(200);
  const { page, problems } = await signedIn(site, ["rewards"]);
  const main = page.getByRole("navigation", { name: "Main" });
  expect(await main.getByRole("link").allInnerTexts()).toEqual(["Today", "Earning"]);
  await page.getByRole("heading", { name: "Refused messages" }).waitFor();
  await page.getByRole("link", { name: "was refused" }).first().click();
  const editor = page.getByLabel("The message");
  await editor.waitFor();
  await editor.fill((await editor.inputValue()).replace('"ten"', "150000"));
  await page.getByRole("button", { name: "Test" }).click();
  await page.getByText("points-for-purchases, version 1").waitFor();
  expect(await page.locator("pre del").innerText()).toContain('"ten"');
  expect(await page.locator("pre ins").innerText()).toContain("150000");
  expect(await faultsOf(page)).toEqual([]);
  expect(await awardsIn(gateway)).toEqual([]);
  await page.getByRole("button", { name: "Resubmit the correction" }).click();
  await page.getByText("resubmitted the message").waitFor();
  expect(await clicksOn(page)).toBe(3);
  expect(given(await awardsIn(gateway))).toEqual(["1 MEMBER 4500 POINTS PENDING"]);
  expect(problems).toEqual([]);
});

browserTest("refused messages are resubmitted together, and those refused again show the reason", async () => {
  const { gateway } = site;
  for (const trxId of ["B-1", "B-2"]) await post(gateway, purchase(randomInt(10_000, 2 ** 31), trxId, "none"));
  const { page, problems } = await signedIn(site, ["rewards"], "/console/earning/quarantine");
  await page.getByRole("grid", { name: "Refused messages" }).waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Select all" }).click();
  await page.getByRole("button", { name: /^Resubmit \d+ unchanged/ }).click();
  await page.getByText(/^0 resubmitted, [2-9] refused again/).waitFor();
  expect(problems).toEqual([]);
});

browserTest("a rule is built as sentences, and its next version and its budget are shown", async () => {
  const { page, problems } = await signedIn(site, ["rewards"], "/console/earning");
  await page.getByRole("heading", { name: "Welcome bonus" }).waitFor();
  await page.getByText("A member who joins the programme earns 500 points.").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("link", { name: "New rule" }).click();
  await page.getByLabel("Rule id").fill("spring");
  await page.getByLabel("Name", { exact: true }).fill("Spring purchases");
  await page.getByLabel("Campaign").fill("spring");
  await page.getByLabel("For", { exact: true }).selectOption("transactionpromo");
  await page.getByRole("button", { name: "Add a multiplier" }).click();
  await page.getByLabel("Sat").check();
  await page.getByText("Double points: on Saturday, the points are multiplied by 2.").waitFor();
  await page.getByLabel("Budget for all members").fill("5");
  await page.getByLabel("Limit per event").fill("10");
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Create the rule" }).click();
  await page.getByText("the cap of the programme (5) is below the cap per event (10)").waitFor();
  await page.getByLabel("Budget for all members").fill("50000");
  await page.getByRole("button", { name: "Create the rule" }).click();
  await page.getByText("0 of 50,000 points awarded (0 %)").waitFor();
  await page.getByRole("button", { name: "Create a new version" }).click();
  await page.getByLabel("Minimum purchase amount").fill("500");
  await page.getByRole("button", { name: "Create a new version" }).click();
  await page.getByRole("heading", { name: "Versions side by side" }).waitFor();
  await page.getByText("A purchase of any amount counts.").waitFor();
  const changed = page.getByRole("listitem").filter({ hasText: "A purchase of less than 500 earns nothing." });
  await changed.getByText("new").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Retire" }).click();
  await page.getByRole("button", { name: "Retire permanently" }).click();
  await page.getByText("Retired").waitFor();
  expect(problems).toEqual([]);
});

browserTest("a draw shows the prizes that it owes, is opened, closed and verified", async () => {
  const { gateway } = site;
  const reward = await gateway.voucher({ points: 100 });
  await winner(gateway, reward.sku);
  await win(gateway, { kind: "points", points: 40 });
  const { page, problems } = await signedIn(site, ["rewards"], "/console/earning/draws");
  await page.getByText(`1 × ${reward.sku}, to be claimed`).waitFor();
  await page.getByText("40 points for 1 win, pending").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Open a draw" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Draw id").fill("summer");
  await dialog.getByLabel("Name", { exact: true }).fill("Summer draw");
  await dialog.getByLabel("Prize id").fill("hundred");
  await dialog.getByLabel("Prize", { exact: true }).fill("A hundred points");
  expect(await faultsOf(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Open the draw" }).click();
  const summer = page.getByRole("region", { name: "Summer draw, summer" });
  await summer.getByText("A hundred points").waitFor();
  await summer.getByRole("button", { name: "Close the draw" }).click();
  await page.getByRole("button", { name: "Close the draw permanently" }).click();
  await summer.getByText("Closed", { exact: true }).first().waitFor();
  await summer.getByRole("button", { name: "Verify the results" }).click();
  await summer.getByText("0 tickets are valid.").waitFor();
  expect(problems).toEqual([]);
});

browserTest("members are imported without the wrong rows, which are listed by line first", async () => {
  const { gateway } = site;
  const [first, second, third] = [10, 20, 30].map((number) => String(randomInt(1_000_000) * 100 + number));
  await link(gateway, { customerId: "CUST-OWNER", userId: second ?? "" });
  const { page, problems } = await signedIn(site, ["rewards"], "/console/earning/members");
  await page.getByLabel("A CSV file of members").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  const csv = [
    "customerId;userId",
    `CUST-A;${first}`,
    `CUST-B;${second}`,
    `CUST-C;${third}`,
    `CUST-D;${third}`,
    "not an id;5",
  ].join("\n");
  const file = { name: "members.csv", mimeType: "text/csv", buffer: Buffer.from(csv) };
  await page.getByLabel("A CSV file of members").setInputFiles(file);
  await page.getByText("2 rows are valid, 3 are not.").waitFor();
  const rows = page.getByRole("table", { name: "Invalid rows" }).getByRole("row");
  expect((await rows.allInnerTexts()).map((text) => text.split(/\s/)[0])).toEqual(["Line", "3", "5", "6"]);
  expect(await faultsOf(page)).toEqual([]);
  const linked = () => gateway.sql("select value from member_identities where value = any($1)", [[first, third]]);
  expect(await linked()).toEqual([]);
  await page.getByRole("button", { name: "Link 2 rows" }).click();
  await page.getByText("2 rows were linked").waitFor();
  expect(await linked()).toHaveLength(2);
  expect(problems).toEqual([]);
});
