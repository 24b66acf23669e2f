import { expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { asha, capillaryApi, family } from "./support/capillary-api.ts";

/** Issues a reward for one point from the family's wallet, for a brand that may revoke. */
async function issued(sandbox: Sandbox): Promise<number> {
  sandbox.capillary.setFlags({ REVOKE_ENABLE: true });
  const { body } = await capillaryApi(sandbox).issue({ userGroup2Id: family.id });
  return body.transactionId;
}

test("cancels the reward and returns the points to the group's wallet", async () => {
  await using sandbox = await startSandbox();
  const txnId = await issued(sandbox);
  const answer = await capillaryApi(sandbox).revoke(txnId);
  expect(answer).toMatchObject({
    status: 200,
    body: { status: { success: true, code: 200 }, txnId, state: "CANCELLED", userRewardCount: 1 },
  });
  expect(sandbox.capillary.groupBalance(family.id)).toBe(5000);
  expect(sandbox.capillary.issuals()).toMatchObject([{ state: "CANCELLED" }]);
  expect(sandbox.capillary.reversals()).toMatchObject([{ points: 1 }]);
});

test("returns a customer's own points to the customer", async () => {
  await using sandbox = await startSandbox();
  sandbox.capillary.setFlags({ REVOKE_ENABLE: true });
  const { body } = await capillaryApi(sandbox).issue();
  await capillaryApi(sandbox).revoke(String(body.transactionId));
  expect(sandbox.capillary.balance(asha.id)).toBe(1200);
});

test("returns nothing for a free reward", async () => {
  await using sandbox = await startSandbox();
  sandbox.capillary.setFlags({ REVOKE_ENABLE: true });
  const { body } = await capillaryApi(sandbox).issue({}, 15473);
  expect((await capillaryApi(sandbox).revoke(body.transactionId)).body.status.success).toBe(true);
  expect(sandbox.capillary.reversals()).toEqual([]);
});

test("returns no more than the rest after an earlier reversal", async () => {
  await using sandbox = await startSandbox();
  const txnId = await issued(sandbox);
  const [redemption] = sandbox.capillary.redemptions();
  await capillaryApi(sandbox).reverse({ redemptionId: redemption?.redemptionId });
  expect((await capillaryApi(sandbox).revoke(txnId)).body.status.success).toBe(true);
  expect(sandbox.capillary.groupBalance(family.id)).toBe(5000);
});

const refusals: [why: string, code: number, ask: (sandbox: Sandbox) => Promise<unknown>][] = [
  [
    "twice",
    13003,
    async (sandbox) => {
      const txnId = await issued(sandbox);
      await capillaryApi(sandbox).revoke(txnId);
      return txnId;
    },
  ],
  [
    "once the coupon is used",
    13003,
    async (sandbox) => {
      const txnId = await issued(sandbox);
      sandbox.capillary.useCoupon(txnId);
      return txnId;
    },
  ],
  [
    "of a brand that may not",
    13005,
    async (sandbox) => {
      const txnId = await issued(sandbox);
      sandbox.capillary.setFlags({ REVOKE_ENABLE: false });
      return txnId;
    },
  ],
  ["of a transaction nobody knows", 10007, async (sandbox) => (await issued(sandbox)) + 1],
  [
    "of an attempt that failed",
    10008,
    async (sandbox) => {
      sandbox.capillary.setFlags({ REVOKE_ENABLE: true });
      await capillaryApi(sandbox).issue({}, 15483);
      return sandbox.capillary.issuals()[0]?.transactionId;
    },
  ],
  ["of nothing", 400, async () => undefined],
];
for (const [why, code, prepare] of refusals) {
  test(`is refused ${why}: ${code}, with HTTP 200 and no effect`, async () => {
    await using sandbox = await startSandbox();
    const txnId = await prepare(sandbox);
    const before = sandbox.capillary.groupBalance(family.id);
    const { status, body } = await capillaryApi(sandbox).revoke(txnId);
    expect({ status, code: body.status.code, success: body.status.success }).toEqual({
      status: 200,
      code,
      success: false,
    });
    expect(sandbox.capillary.groupBalance(family.id)).toBe(before);
  });
}

test("is off until it is enabled for the brand", async () => {
  await using sandbox = await startSandbox();
  const { body } = await capillaryApi(sandbox).issue();
  expect((await capillaryApi(sandbox).revoke(body.transactionId)).body.status.code).toBe(13005);
});

test("a scripted refusal has its scripted code, with HTTP 200", async () => {
  await using sandbox = await startSandbox();
  const txnId = await issued(sandbox);
  sandbox.faults.add({ upstream: "capillary", operation: "revoke", fault: "refuse", code: 1018 });
  expect(await capillaryApi(sandbox).revoke(txnId)).toMatchObject({ status: 200, body: { status: { code: 1018 } } });
  expect((await capillaryApi(sandbox).revoke(txnId)).body.status.success).toBe(true);
});
