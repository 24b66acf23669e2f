import { afterAll, beforeAll, expect, test } from "vitest";
import { DAY, makeTestClock } from "../support/clock.ts";
import { type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";
import { runEnded, withStatement } from "../support/reconciliation.ts";
import { insertAwards } from "../support/rewards/awards.ts";

const clock = makeTestClock("2026-05-20T05:00:00.000Z");
let gateway: InProcessGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ ...withStatement, RECONCILE_AT: "never" }, { clock, pace: { creditPollMs: 0 } });
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface SeenMonth {
  taken: number;
  returned: number;
  credited: number;
  isBalanced: boolean;
  openBreaks: number;
  obstacles: string[];
  days: { day: string; taken: number; isReconciled: boolean }[];
  closed: { closedBy: string; taken: number } | null;
}
const fields = `taken returned credited isBalanced openBreaks obstacles days { day taken isReconciled }
  closed { closedBy taken }`;
const read = async (): Promise<SeenMonth> =>
  (await gateway.operator.ok<{ settlementMonth: SeenMonth }>(`{ settlementMonth(month: "2026-05") { ${fields} } }`))
    .settlementMonth;
interface Closing {
  month: SeenMonth | null;
  userErrors: { code: string; message: string }[];
}
async function close(
  totals: { taken: number; returned: number; credited: number },
  note = "Looked at with Asha.",
): Promise<Closing> {
  const { data } = await gateway.operator.send<{ closeMonth: Closing }>(
    `mutation ($input: CloseMonthInput!) { closeMonth(input: $input) { month { ${fields} } userErrors { code message } } }`,
    { input: { month: "2026-05", note, ...totals } },
  );
  return data?.closeMonth as Closing;
}
async function compare(from: string, to: string): Promise<void> {
  const { runReconciliation } = await gateway.operator.ok<{ runReconciliation: { run: { id: string } } }>(
    "mutation ($input: RunReconciliationInput!) { runReconciliation(input: $input) { run { id } } }",
    { input: { from, to } },
  );
  await runEnded(gateway, runReconciliation.run.id);
}

test("a month is closed once every day is reconciled, no break is open and the totals are those that the operator saw", async () => {
  const reward = await gateway.voucher({ points: 30 });
  const customer = await gateway.customer({ balance: 1_000 });
  await orderSettled(customer, await placeOrder(customer, [reward.id, 2]));
  const [awardId] = await insertAwards(gateway, [{ customerId: customer.customerId, points: 12 }]);
  await gateway.sql(
    "update reward_awards set state = 'CREDITED', ledger = 'CLIENT', credit_reference = 'AWARD-' || id, sent_at = $2, settled_at = $2 where id = $1",
    [awardId, clock.now()],
  );
  const totals = { taken: 60, returned: 0, credited: 12 };

  expect(await read()).toMatchObject({ ...totals, isBalanced: true });
  expect((await read()).obstacles).toContain("The month is not over.");
  expect((await close(totals)).userErrors.map(({ code }) => code)).toContain("MONTH_NOT_READY");

  clock.advance(15 * DAY);
  // Days follow the programme's time zone: May in Jakarta ends at 17:00 in UTC. Two adjacent runs cover the boundary.
  await compare("2026-04-30T17:00:00.000Z", "2026-05-20T03:00:00.000Z");
  const half = await read();
  expect(half.days.filter(({ isReconciled }) => isReconciled)).toHaveLength(19);
  expect(half.obstacles).toEqual([expect.stringMatching(/^No finished reconciliation covers 2026-05-20, 2026-05-21/)]);
  await compare("2026-05-20T03:00:00.000Z", "2026-05-31T17:00:00.000Z");
  const whole = await read();
  expect(whole.days).toHaveLength(31);
  expect(whole.days.every(({ isReconciled }) => isReconciled)).toBe(true);
  // The award was written into the records alone, and the provider's ledger does not have it.
  expect(whole.openBreaks).toBeGreaterThan(0);
  expect((await close(totals)).userErrors[0]?.message).toMatch(/break.* open/);
  await gateway.sql(
    "update reconciliation_breaks set state = 'WRITTEN_OFF', resolved_at = now(), resolved_by = 'test'",
  );

  expect((await close({ ...totals, taken: 61 })).userErrors[0]?.message).toMatch(/not those that you have seen/);
  expect((await close(totals, " ")).userErrors[0]?.code).toBe("INVALID_INPUT");
  const { month, userErrors } = await close(totals);
  expect(userErrors).toEqual([]);
  expect(month?.closed).toMatchObject({ taken: 60 });
  expect((await close({ ...totals, taken: 1 })).month?.closed).toMatchObject({ taken: 60 });
  const audited = await gateway.sql("select details from audit_log where action = 'month.close'");
  expect(audited).toMatchObject([{ details: { ...totals, note: "Looked at with Asha." } }]);
  await expect(gateway.sql("update closed_months set taken = 0")).rejects.toThrow(/append-only/);
});

test("the points outstanding are those credited and returned, less those taken, and pending points are shown apart", async () => {
  const before = await liability();
  const customer = await gateway.customer({ balance: 100 });
  const [credited] = await insertAwards(gateway, [
    { customerId: customer.customerId, points: 40 },
    { customerId: customer.customerId, points: 5 },
  ]);
  await gateway.sql(
    "update reward_awards set state = 'CREDITED', ledger = 'CLIENT', credit_reference = 'AWARD-' || id, sent_at = $2, settled_at = $2 where id = $1",
    [credited, clock.now()],
  );
  const reward = await gateway.voucher({ points: 30 });
  await orderSettled(customer, await placeOrder(customer, [reward.id, 1]));
  const after = await liability();
  expect(after.outstanding - before.outstanding).toBe(40 - 30);
  expect(after.pending - before.pending).toBe(5);
});

const liability = async () =>
  (
    await gateway.operator.ok<{ liability: { outstanding: number; pending: number } }>(
      "{ liability { outstanding pending } }",
    )
  ).liability;
