import { randomUUID } from "node:crypto";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { signedIn } from "../support/console.ts";
import type { Customer } from "../support/gateway.ts";
import { accessibilityFaults, browserTest, type Microsite, startMicrosite, type Tab } from "../support/microsite.ts";
import { operatorPerson } from "../support/operator-person.ts";
import { orderSettled, placeOrder, readOrder } from "../support/orders.ts";
import { addRule, post, purchase } from "../support/rewards/rewards.ts";

/** Dialogs whose button depends on the state of an order, a code, a customer or an award: opened, filled and sent by the keyboard alone. */

let site: Microsite;
beforeAll(async () => {
  site = await startMicrosite({ CLIENT_SETTLE_SECONDS: "0.05", REVERSAL_APPROVAL_ABOVE_POINTS: "1000" });
});
afterAll(() => site?.[Symbol.asyncDispose]());

const MAX_STOPS = 40;

/** Presses Tab until the element has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let stops = 0; stops < MAX_STOPS; stops += 1) {
    if (await target.evaluate((element) => element === element.ownerDocument.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not reach ${target}`);
}

interface Use {
  /** The accessible name of the button. */
  opener: string;
  submit: string;
  /** Fills the dialog. */
  fill?(dialog: Locator): Promise<void>;
  /** Whether the action removes its button. */
  isOnce: boolean;
}

/** Leaves the dialog by Escape, opens it again, fills it and sends it. */
async function use({ page, quiet }: Tab, { opener: name, submit, fill, isOnce }: Use): Promise<void> {
  const opener = page.getByRole("button", { name, exact: true });
  const dialog = page.getByRole("dialog");
  const hasFocus = (element: Locator) => element.and(page.locator(":focus")).waitFor();
  await opener.first().focus();
  await page.keyboard.press("Enter");
  await page.locator('[role="dialog"]:focus, [role="dialog"] :focus').first().waitFor(); // an earlier Escape would not reach it
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await hasFocus(opener);

  await page.keyboard.press("Enter");
  await dialog.waitFor();
  await quiet();
  await fill?.(dialog);
  await quiet();
  expect([name, ...(await accessibilityFaults(page))]).toEqual([name]);
  await tabTo(page, dialog.getByRole("button", { name: submit, exact: true }));
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  if (isOnce) await opener.waitFor({ state: "detached" });
  await hasFocus(isOnce ? page.locator("main") : opener);
}

const type = (label: string, text: string) => async (dialog: Locator) => {
  await tabTo(dialog.page(), dialog.getByLabel(label, { exact: true }));
  await dialog.page().keyboard.type(text);
};
const press =
  (label: string, key = "Space") =>
  async (dialog: Locator) => {
    await tabTo(dialog.page(), dialog.getByLabel(label));
    await dialog.page().keyboard.press(key);
  };
/** Chooses a radio button of the dialog's only group. */
const choose = (label: string) => async (dialog: Locator) => {
  await tabTo(dialog.page(), dialog.getByRole("radio").first());
  const target = dialog.getByLabel(label);
  await dialog.page().keyboard.press("Space");
  while (!(await target.isChecked())) await dialog.page().keyboard.press("ArrowDown");
};
const inTurn =
  (...steps: ((dialog: Locator) => Promise<void>)[]) =>
  async (dialog: Locator) => {
    for (const step of steps) await step(dialog);
  };

async function fulfilled(points: number): Promise<{ customer: Customer; id: string; number: string }> {
  const customer = await site.gateway.customer({ balance: 5_000 });
  const reward = await site.gateway.voucher({ points });
  const { id, number } = await orderSettled(customer, await placeOrder(customer, reward.id));
  return { customer, id, number };
}

browserTest("a return is declined, and a line is reversed", async () => {
  const { customer, id, number } = await fulfilled(200);
  const [line] = (await readOrder(customer, id)).lines;
  await customer.ok(
    "mutation ($input: RequestReturnInput!) { requestReturn(input: $input) { userErrors { message } } }",
    { input: { orderLineId: line?.id, reason: "CHANGED_MIND", note: "A gift already." } },
  );
  const tab = await signedIn(site, ["orders"], `/console/orders/${number}`);
  await tab.page.getByText("A gift already.").waitFor();
  await use(tab, {
    opener: "Decline the return",
    submit: "Decline the return",
    fill: type("Answer to the customer", "Vouchers are not returned."),
    isOnce: true,
  });
  await tab.page.getByText("Declined: Vouchers are not returned.").waitFor();
  await use(tab, {
    opener: "Reverse",
    submit: "Reverse and return the points",
    fill: inTurn(press("Reason", "ArrowDown"), type("Note", "Asked by phone.")),
    isOnce: true,
  });
  await orderSettled(customer, id);
  expect(site.gateway.ledgerOf(customer)).toEqual([5_000, -200, 200]);
  expect(tab.problems).toEqual([]);
});

browserTest("an unknown outcome is recorded", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points: 200 });
  const lost = gateway.fault("redeem", { fault: "hold", commit: true });
  const id = await placeOrder(customer, reward.id);
  await gateway.sandbox.faults.held(lost);
  await gateway.spendElsewhere(customer.customerId, 77);
  gateway.endTimeouts("redeem");
  gateway.sandbox.faults.release();
  await gateway.until(async () => (await readOrder(customer, id)).pointsState === "NEEDS_ATTENTION");
  const { number } = await readOrder(customer, id);
  const tab = await signedIn(site, ["support"], `/console/orders/${number}`);
  await use(tab, {
    opener: "Record the outcome",
    submit: "Record the outcome",
    fill: inTurn(
      choose("It took effect: the ledger shows 200 points deducted."),
      type("Evidence", "Entry 4711 of their ledger, looked up on the phone."),
    ),
    isOnce: true,
  });
  expect(await orderSettled(customer, id)).toMatchObject({ status: "FULFILLED" });
  expect(tab.problems).toEqual([]);
});

browserTest("a shipment is reported, one line is cancelled, and then the other one", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 1_000 });
  const rewards = await Promise.all(
    ["Kettle", "Lamp", "Mug"].map((name) => gateway.merchandise({ name, points: 100 })),
  );
  const id = await placeOrder(customer, ...rewards.map((reward) => reward.id));
  await gateway.until(async () => (await readOrder(customer, id)).pointsState === "TAKEN");
  const { number } = await readOrder(customer, id);
  const tab = await signedIn(site, ["orders"], `/console/orders/${number}`);
  const kettle = tab.page.getByRole("region", { name: "Kettle" });
  await kettle.waitFor();
  await use(tab, {
    opener: "Cancel the order",
    submit: "Cancel these lines",
    fill: inTurn(press("Kettle (100 points)"), press("Lamp (100 points)")),
    isOnce: false,
  });
  await tab.page.getByRole("region", { name: "Mug" }).getByText("Cancelled").waitFor();
  await use(tab, {
    opener: "Cancel the order",
    submit: "Cancel these lines",
    fill: press("Kettle (100 points)"),
    isOnce: false,
  });
  await tab.page.getByRole("region", { name: "Lamp" }).getByText("Cancelled").waitFor();
  await use(tab, {
    opener: "Update the shipment",
    submit: "Save the shipment",
    fill: inTurn(press("Status", "Home"), type("Carrier", "Swift")),
    isOnce: false,
  });
  await kettle.getByText("Swift").waitFor();
  expect(tab.problems).toEqual([]);
});

browserTest("a request for a reversal is approved, another is refused", async () => {
  const { gateway } = site;
  const [asha, ravi] = await Promise.all([1, 2].map(() => operatorPerson(gateway, ["admin"])));
  for (const [opener, submit, fill] of [
    ["Approve", "Approve and return the points", undefined],
    ["Reject", "Reject the request", type("Reason", "The code was used.")],
  ] as const) {
    const { id, number } = await fulfilled(1_500);
    await asha?.ok(
      "mutation ($input: ReverseOrderInput!) { reverseOrder(input: $input) { request { id } userErrors { message } } }",
      { input: { orderId: id, reason: "CANCELLATION", note: "Asked by phone.", idempotencyKey: randomUUID() } },
    );
    const tab = await signedIn(site, ["orders"], `/console/orders/${number}`, ravi);
    await use(tab, { opener, submit, ...(fill && { fill }), isOnce: true });
    const state = opener === "Approve" ? "APPROVED" : "REFUSED";
    expect(
      await gateway.sql(
        "select state from reversal_requests where order_id = (select id from orders where number = $1)",
        [number],
      ),
    ).toEqual([{ state }]);
    expect(tab.problems).toEqual([]);
  }
});

browserTest("a code is found by its end and voided", async () => {
  const { gateway } = site;
  const reward = await gateway.voucher({ codes: 0 });
  await gateway.operator.ok(
    "mutation ($input: ImportVoucherCodesInput!) { importVoucherCodes(input: $input) { imported userErrors { message } } }",
    { input: { rewardId: reward.id, rows: [{ code: "GIFT-AAAA-7341" }, { code: "GIFT-BBBB-9002" }] } },
  );
  const tab = await signedIn(site, ["catalogue"], `/console/catalogue/${reward.sku}`);
  await use(tab, {
    opener: "Void a code",
    submit: "Void the code",
    fill: inTurn(
      type("Last characters of the code", "7341"),
      async (dialog) => {
        await dialog.page().keyboard.press("Enter");
        await dialog.getByText("· Available").waitFor();
        expect(await dialog.innerText()).not.toContain("AAAA");
      },
      choose("7341 · Available"),
      type("Reason", "The supplier has withdrawn it."),
    ),
    isOnce: false,
  });
  expect(
    await gateway.sql(
      "select state from voucher_codes where reward_id = (select id from rewards where sku = $1) order by state",
      [reward.sku],
    ),
  ).toEqual([{ state: "AVAILABLE" }, { state: "VOID" }]);
  expect(tab.problems).toEqual([]);
});

browserTest("a customer is blocked and unblocked, an id is linked and moved, and the customer is erased", async () => {
  const { customerId } = await site.gateway.customer({ customerId: `KEYS-${randomUUID().slice(0, 8)}` });
  const tab = await signedIn(site, ["admin"], `/console/customers/${customerId}`);
  const dialogs: Use[] = [
    {
      opener: "Block",
      submit: "Block the customer",
      fill: type("Reason", "Under review."),
      isOnce: true,
    },
    {
      opener: "Unblock",
      submit: "Unblock the customer",
      fill: type("Reason", "It was a mistake."),
      isOnce: true,
    },
    { opener: "Link an id", submit: "Link the id", fill: type("Id", "4711"), isOnce: false },
    { opener: "Move Member id 4711", submit: "Move", fill: type("Reason", "Linked by mistake."), isOnce: true },
    {
      opener: "Erase",
      submit: "Erase permanently",
      fill: inTurn(
        type("Reason", "Request 12."),
        async (dialog) => {
          await tabTo(dialog.page(), dialog.getByRole("button", { name: "Continue" }));
          await dialog.page().keyboard.press("Enter");
          await dialog.getByText("No data is erased yet.").waitFor();
        },
        type(`Type ${customerId} to confirm`, customerId),
      ),
      isOnce: true,
    },
  ];
  for (const each of dialogs) await use(tab, each);
  await tab.page.getByText("The customer is erased").waitFor();
  expect(tab.problems).toEqual([]);
});

browserTest("an award is resolved from the queue of Today, and one that was refused is sent again", async () => {
  const { gateway } = site;
  const { customerId } = await gateway.customer();
  await addRule(gateway, "tea-days", "transactionpromo", {});
  await post(gateway, purchase(70_001, 500_000, "TRX-1"));
  const change = (state: string) =>
    gateway.sql(
      `update reward_awards set customer_id = $1, state = $2::award_state, ledger = 'CLIENT', credit_reference = 'AWARD-' || id, attempts = 3,
         sent_at = now(), last_error = 'no answer for 6 hours' where unit = 'POINTS' returning id`,
      [customerId, state],
    );
  expect(await change("NEEDS_ATTENTION")).toHaveLength(1);
  const tab = await signedIn(site, ["support"]);
  const { page } = tab;
  await page.getByRole("region", { name: "Awards to check" }).getByRole("link").click();
  await page.getByRole("heading", { level: 1, name: "Awards" }).waitFor();
  const opener = (await page.getByRole("button", { name: /^Record the outcome/ }).getAttribute("aria-label")) ?? "";
  await use(tab, {
    opener,
    submit: "Record the outcome",
    fill: inTurn(
      choose("It did not take effect, and the points are not to be credited."),
      type("Evidence", "Their ledger has no entry, said Asha on the phone."),
    ),
    isOnce: true,
  });
  expect(await gateway.sql("select state from reward_awards where unit = 'POINTS'")).toEqual([{ state: "REFUSED" }]);
  await page.getByRole("link", { name: "Refused", exact: true }).click();
  await page.getByText("Their ledger has no entry, said Asha on the phone.").waitFor();
  await use(tab, {
    opener: opener.replace("Record the outcome", "Send again"),
    submit: "Send again",
    fill: type("Evidence", "The ledger is open for the customer now."),
    isOnce: true,
  });
  expect(tab.problems).toEqual([]);
});
