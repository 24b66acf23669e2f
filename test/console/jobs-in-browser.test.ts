import { randomUUID } from "node:crypto";
import { Secret, TOTP } from "otpauth";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { clicksOn, faultsOf, signedIn } from "../support/console.ts";
import { browserTest, type Microsite, startMicrosite } from "../support/microsite.ts";
import { operatorPerson } from "../support/operator-person.ts";
import { orderSettled, placeOrder, readOrder } from "../support/orders.ts";

let site: Microsite;
beforeAll(async () => {
  site = await startMicrosite({ CLIENT_SETTLE_SECONDS: "0.05", REVERSAL_APPROVAL_ABOVE_POINTS: "1000" });
});
afterAll(() => site?.[Symbol.asyncDispose]());

/** Follows a new account's enrolment link, signs out, and signs in by the password. */
async function enrol(page: Page): Promise<void> {
  const name = `asha-${randomUUID()}`;
  const { createOperatorAccount } = await site.gateway.operator.ok<{
    createOperatorAccount: { enrolmentSecret: string };
  }>(
    `mutation ($name: String!) { createOperatorAccount(input: { name: $name, roles: [SUPPORT] }) {
      enrolmentSecret userErrors { message } } }`,
    { name },
  );
  await page.goto(`/console/enrol#${createOperatorAccount.enrolmentSecret}`);
  await page.getByRole("heading", { name: `Welcome, ${name}` }).waitFor();
  await page.getByRole("img", { name: "QR code for an authenticator app" }).waitFor();
  expect(await faultsOf(page)).toEqual([]);
  const secret = Secret.fromBase32(
    (await page.getByText("Or enter this key in the app:").locator("code").innerText()).replaceAll(" ", ""),
  );
  const code = () => new TOTP({ secret }).generate();
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByLabel("Repeat the password").fill("correct horse battery");
  await page.getByLabel("Code of your authenticator app").fill(code());
  await page.keyboard.press("Enter");
  await page.getByText(`account:${name}`).waitFor();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await site.gateway.sql("update operator_accounts set totp_used_step = null where name = $1", [name]); // the next code comes in 30 s
  await page.getByLabel("Name").fill(name);
  await page.keyboard.press("Tab");
  await page.keyboard.type("correct horse battery");
  await page.keyboard.press("Tab");
  await page.keyboard.type(code());
  await page.keyboard.press("Enter");
  await page.getByText(`account:${name}`).waitFor();
  await signInByPasskey(page, name);
}

/** Adds a passkey of Chromium's virtual authenticator to the account, signs in with it, and removes it. */
async function signInByPasskey(page: Page, name: string): Promise<void> {
  const debug = await page.context().newCDPSession(page);
  await debug.send("WebAuthn.enable");
  const options = {
    protocol: "ctap2",
    transport: "internal",
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  } as const;
  await debug.send("WebAuthn.addVirtualAuthenticator", { options });
  await page.getByRole("link", { name: "Your sign-in" }).click();
  await page.getByText("No passkeys yet.").waitFor();
  await page.getByLabel("Name of the device").fill("laptop");
  await page.keyboard.press("Enter");
  await page.getByText("never used").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByText(`account:${name}`).waitFor();
  await page.getByRole("link", { name: "Your sign-in" }).click();
  await page.getByText("last used").waitFor();
  await page.getByRole("button", { name: "Remove laptop" }).click();
  await page.getByText("No passkeys yet.").waitFor();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByText("This passkey cannot be used to sign in.").waitFor();
}

browserTest("an order number as customers dictate it leads to the order's state in a sentence", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points: 200 });
  const order = await orderSettled(customer, await placeOrder(customer, reward.id));

  const wrong = await site.visit();
  await wrong.page.goto("/console/orders");
  await wrong.page.getByLabel("Operator key").fill("not a key");
  await wrong.page.getByRole("button", { name: "Sign in with an operator key" }).click();
  await wrong.page.getByText("Ask an operator with the role ADMIN for a new one").waitFor();
  expect(await faultsOf(wrong.page)).toEqual([]);
  await enrol(wrong.page);

  const { page, problems } = await signedIn(site, ["support"]);
  await page.getByText("Orders placed").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.keyboard.press("Control+K");
  await page.getByRole("dialog").getByRole("combobox").fill(order.number.toLowerCase().replaceAll("-", " "));
  await page.getByRole("option", { name: order.number }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: order.number }).waitFor();
  await page.getByText("200 points were deducted. The reward was fulfilled.").waitFor();
  expect(await page.getByRole("button", { name: "Reverse" }).count()).toBe(0); // which requires the role ORDERS
  await page.getByLabel("Add a note").fill("She has found the code.");
  await page.getByRole("button", { name: "Save the note" }).click();
  await page.getByText("She has found the code.", { exact: true }).first().waitFor();
  expect(await clicksOn(page)).toBe(1);
  await page.getByText("No notes yet.").waitFor({ state: "detached" });
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("link", { name: customer.customerId }).click();
  await page.getByRole("heading", { level: 1, name: customer.customerId }).waitFor();
  await page.getByText("The customer is not in a group.").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByLabel("Operator key").waitFor();
  expect(problems).toEqual([]);
});

browserTest("an unknown outcome is resolved from the queue, with its evidence", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points: 200 });
  // The answer is lost after the deduction, and another channel spends at the same time: the evidence is ambiguous.
  const lost = gateway.fault("redeem", { fault: "hold", commit: true });
  const id = await placeOrder(customer, reward.id);
  await gateway.sandbox.faults.held(lost);
  await gateway.spendElsewhere(customer.customerId, 77);
  const { page, problems } = await signedIn(site, ["orders"]);
  await page.getByText("No open work.").waitFor();

  gateway.endTimeouts("redeem");
  gateway.sandbox.faults.release();
  const { number } = await readOrder(customer, id);
  await page.getByRole("heading", { name: "Unknown outcomes" }).waitFor(); // without a reload
  await page.getByRole("link", { name: `Order ${number}` }).click();
  await page.getByRole("heading", { name: "Action required" }).waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Record the outcome" }).click();
  await page.getByRole("dialog").getByText("Record only the outcome that the ledger shows").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByLabel("It took effect: the ledger shows 200 points deducted.").check();
  await page.getByLabel("Evidence").fill("Entry 4711 of their ledger, looked up on the phone.");
  await page.getByRole("dialog").getByRole("button", { name: "Record the outcome" }).click();
  await page.getByText("200 points were deducted. The reward was fulfilled.").waitFor(); // live
  expect(await clicksOn(page)).toBe(4); // a label that is clicked clicks its field as well, without the mouse
  expect(await orderSettled(customer, id)).toMatchObject({ status: "FULFILLED" });
  expect(problems).toEqual([]);
});

browserTest("an import of 1,000 codes with 3 bad ones runs without the 3, which are listed by line", async () => {
  const { gateway } = site;
  const reward = await gateway.voucher({ codes: 0, name: "Gift card" });
  const codes = Array.from({ length: 1_000 }, () => `GIFT-${randomUUID().slice(0, 13)}`);
  Object.assign(codes, { 10: "6.947E+15", 20: codes[19], 30: "#N/A" });
  const { page, problems } = await signedIn(site, ["catalogue"], `/console/catalogue/${reward.sku}`);
  const main = page.getByRole("navigation", { name: "Main" });
  expect(await main.getByRole("link").allInnerTexts()).toEqual(["Today", "Catalogue"]);
  await page.getByText("No codes have been imported yet.").waitFor();
  const buffer = Buffer.from(["code", ...codes].join("\n"));
  await page.getByLabel("A CSV file of codes").setInputFiles({ name: "codes.csv", mimeType: "text/csv", buffer });
  await page.getByText("997 codes are valid, 3 rows are not.").waitFor();
  const table = page.getByRole("table", { name: "Invalid rows" });
  expect(await table.getByRole("row").allInnerTexts()).toEqual([
    expect.stringMatching(/^Line/),
    expect.stringMatching(/^12\s/),
    expect.stringMatching(/^22\s/),
    expect.stringMatching(/^32\s/),
  ]);
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Import 997 codes" }).click();
  await page.getByText("997 codes were imported.").waitFor();
  expect(await clicksOn(page)).toBe(1);
  await page.getByRole("table", { name: "Imports" }).getByText("997").first().waitFor();
  await main.getByRole("link", { name: "Catalogue" }).click();
  await page.getByRole("grid", { name: "Rewards" }).getByText("Gift card").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  expect(problems).toEqual([]);
});

browserTest("a large reversal is approved by a second operator, from the queue", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 5_000 });
  const reward = await gateway.voucher({ points: 1_500 });
  const order = await orderSettled(customer, await placeOrder(customer, reward.id));
  const [asha, ravi] = await Promise.all([1, 2].map(() => operatorPerson(gateway, ["admin"])));
  await asha?.ok(
    `mutation ($input: ReverseOrderInput!) { reverseOrder(input: $input) { request { id } userErrors { message } } }`,
    { input: { orderId: order.id, reason: "CANCELLATION", note: "Asked by phone.", idempotencyKey: randomUUID() } },
  );
  const { page, problems } = await signedIn(site, ["orders"], "/console/", ravi);
  await page.getByRole("heading", { name: "Reversals to approve" }).waitFor();
  await page.getByRole("link", { name: `Order ${order.number}` }).click();
  await page.getByText("Asked by phone.").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("button", { name: "Approve and return the points" }).click();
  await page.getByText("Reversed", { exact: true }).first().waitFor();
  await orderSettled(customer, order.id);
  expect(gateway.ledgerOf(customer)).toEqual([5_000, -1_500, 1_500]);
  expect(problems).toEqual([]);
});

browserTest("an administrator makes an account and a key, ends a session, and verifies the audit log", async () => {
  const { page, problems } = await signedIn(site, ["admin"], "/console/team");
  await page.getByRole("button", { name: "New account" }).click();
  await page.getByLabel("Name").fill("ravi");
  await page.getByLabel("support –").check();
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByText(/\/console\/enrol#[\w-]{43}$/).waitFor();
  await page.getByText("Not enrolled yet").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  const tabs = page.getByRole("navigation", { name: "Team" });
  await tabs.getByRole("link", { name: "Keys" }).click();
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByLabel("Name").fill("back-office");
  await page.getByLabel("orders –").check();
  await page.getByRole("button", { name: "Create the key" }).click();
  await page.getByText(/^tessera_[\w-]{43}$/).waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Withdraw back-office" }).click();
  await page.getByRole("button", { name: "Withdraw the key" }).click();
  await page.getByText("Withdrawn", { exact: true }).waitFor();
  await tabs.getByRole("link", { name: "Webhooks" }).click();
  await page.getByRole("button", { name: "New webhook" }).click();
  await page.getByLabel("Name").fill("crm");
  await page.getByLabel("Address").fill("https://example.com/hook");
  await page.getByLabel("Stock low").check();
  await page.getByRole("button", { name: "Create the webhook" }).click();
  await page.getByText("The secret of crm").waitFor();
  await page.getByRole("link", { name: "crm" }).click();
  await page.getByText("No deliveries in this view.").waitFor();
  expect(await faultsOf(page)).toEqual([]);
  await tabs.getByRole("link", { name: "Audit log" }).click();
  await page.getByRole("button", { name: "Verify the log" }).click();
  await page.getByText("The log is intact").waitFor();
  const grid = page.getByRole("grid", { name: "Audit log" });
  await grid.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByText("Seal").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(await faultsOf(page)).toEqual([]);
  await tabs.getByRole("link", { name: "People" }).click();
  const own = page.getByRole("listitem").filter({ hasText: "(this session)" });
  await own.getByRole("button").click();
  await page.getByRole("button", { name: "End the session", exact: true }).click();
  await page.getByLabel("Operator key").waitFor(); // the page updates without a reload
  expect(problems).toEqual([]);
});

browserTest("ids are linked and unlinked, and an erasure asks twice", async () => {
  const { gateway } = site;
  const { customerId } = await gateway.customer({ customerId: `ERASE-${randomUUID().slice(0, 8)}` });
  const { page, problems } = await signedIn(site, ["admin"], `/console/customers/${customerId}`);
  await page.getByRole("button", { name: "Link an id" }).click();
  await page.getByLabel("Id", { exact: true }).fill("4711");
  await page.getByRole("button", { name: "Link the id" }).click();
  await page.getByRole("button", { name: "Move Member id 4711" }).click();
  expect(await faultsOf(page)).toEqual([]);
  await page.getByLabel("Reason").fill("Linked by mistake.");
  await page.getByRole("button", { name: "Move", exact: true }).click();
  await page.getByText("No producer id is linked").waitFor();
  await page.getByRole("button", { name: "Erase", exact: true }).click();
  await page.getByLabel("Reason").fill("Request 12.");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel(`Type ${customerId} to confirm`).fill("somebody else");
  await page.getByRole("button", { name: "Erase permanently" }).click();
  await page.getByText("The id is not this customer's.").waitFor();
  await page.getByLabel(`Type ${customerId} to confirm`).fill(customerId);
  await page.getByRole("button", { name: "Erase permanently" }).click();
  await page.getByText("The customer is erased").waitFor();
  expect(await gateway.sql("select from customers where customer_id = $1", [customerId])).toEqual([]);
  expect(problems).toEqual([]);
});
