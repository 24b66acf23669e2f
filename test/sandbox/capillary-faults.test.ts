import { describe, expect, test } from "vitest";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { asha, capillaryApi, family } from "./support/capillary-api.ts";
import { clientApi } from "./support/client-api.ts";

type Api = ReturnType<typeof capillaryApi>;

/** Every operation with an effect, its request, and the evidence of its effect. */
const writes = {
  issue: (api: Api) => api.issue({ userGroup2Id: family.id, requestId: "r-1" }),
  redeem: (api: Api) => api.redeem({ external_reference_number: "x-1" }, { user_group2_id: String(family.id) }),
  manualCurrencyAllocate: (api: Api) =>
    api.allocate({ lookupParams: { identifierType: "id", identifierValue: "31059", entityType: "FLEET" } }),
};

for (const [operation, ask] of Object.entries(writes)) {
  test(`${operation}: commit-then-drop takes effect without an answer; drop-before has neither`, async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const on = { upstream: "capillary", operation } as const;
    sandbox.faults.add({ ...on, fault: "drop-before" });
    await expect(ask(api)).rejects.toThrow("fetch failed");
    expect(sandbox.capillary.groupBalance(family.id)).toBe(5000);
    sandbox.faults.add({ ...on, fault: "commit-then-drop" });
    await expect(ask(api)).rejects.toThrow("fetch failed");
    expect(sandbox.capillary.groupBalance(family.id)).not.toBe(5000);
    expect(sandbox.calls.since(0)).toMatchObject([{ outcome: "dropped" }, { outcome: "dropped" }]);
  });
}

test("a revoke and a reversal whose answers are lost have taken effect", async () => {
  await using sandbox = await startSandbox();
  const api = capillaryApi(sandbox);
  sandbox.capillary.setFlags({ REVOKE_ENABLE: true });
  const { transactionId } = (await api.issue({ userGroup2Id: family.id })).body;
  const taken = (await api.redeem()).body.response.responses.points;
  sandbox.faults.add({ upstream: "capillary", operation: "*", fault: "commit-then-drop", times: 2 });
  await expect(api.revoke(transactionId)).rejects.toThrow("fetch failed");
  await expect(api.reverse({ redemptionId: taken.redemption_id })).rejects.toThrow("fetch failed");
  expect(sandbox.capillary.groupBalance(family.id)).toBe(5000);
  expect(sandbox.capillary.balance(asha.id)).toBe(1200);
});

test("a lost issue is found again by its key and its transaction number", async () => {
  await using sandbox = await startSandbox();
  const api = capillaryApi(sandbox);
  sandbox.faults.add({ upstream: "capillary", operation: "issue", fault: "commit-then-drop" });
  const order = { requestId: "r-1", transactionNumber: "ORD-1-1-1", userGroup2Id: family.id };
  await expect(api.issue(order)).rejects.toThrow("fetch failed");
  expect(await api.issue(order)).toMatchObject({ status: 400, body: { status: { code: 400 } } });
  const [row] = (await api.issuals(asha.id, { status: "true" })).body.rewardIssueTransactions;
  expect(row.rewardIssueRefId).toBe("ORD-1-1-1");
  const { data } = (await api.transaction(row.rewardTransactionId)).body;
  expect(data).toMatchObject({ groupRedemption: true, vouchers: [{ code: "4WF17B" }] });
});

describe("a scripted refusal", () => {
  test("of an issue has the scripted code and partner's code", async () => {
    await using sandbox = await startSandbox();
    const on = { upstream: "capillary", operation: "issue", fault: "refuse" } as const;
    sandbox.faults.add({ ...on, code: 10004, message: "busy" });
    sandbox.faults.add({ ...on, partnerCode: "887", message: "try later" });
    const api = capillaryApi(sandbox);
    const empty = { intouch: null, promotion: null, vendor: null };
    expect((await api.issue()).body).toEqual({ status: { success: false, code: 10004, message: "busy" }, ...empty });
    expect((await api.issue()).body).toEqual({
      status: {
        success: false,
        code: 8004,
        message: "try later",
        partnerError: { codes: ["887"], messages: ["try later"] },
      },
      ...empty,
    });
    expect(sandbox.capillary.issuals()).toEqual([]);
  });

  test("has each API's own form", async () => {
    await using sandbox = await startSandbox();
    sandbox.faults.add({ upstream: "capillary", operation: "*", fault: "refuse", code: 817, times: 4 });
    const api = capillaryApi(sandbox);
    expect((await api.userRewards()).body.status).toMatchObject({ success: false, code: 817 });
    expect(await api.isRedeemable()).toMatchObject({
      status: 200,
      body: { response: { status: { success: "false", code: 817 } } },
    });
    expect((await api.group()).body).toMatchObject({ errors: [{ status: false, code: 817 }] });
    expect((await api.token()).body).toMatchObject({ data: null, errors: [{ code: 817 }] });
  });

  test("applies to one upstream only, although both have a redeem", async () => {
    await using sandbox = await startSandbox();
    sandbox.faults.add({ upstream: "capillary", operation: "redeem", fault: "refuse" });
    expect((await clientApi(sandbox).redeem()).body.status).toBe(true);
    expect(sandbox.faults.list()).toHaveLength(1);
  });
});

test("rate-limit is a 429 in the API's own form", async () => {
  await using sandbox = await startSandbox();
  sandbox.faults.add({ upstream: "capillary", operation: "issuals", fault: "rate-limit" });
  const { status, headers, body } = await capillaryApi(sandbox).issuals();
  expect({ status, retryAfter: headers.get("retry-after"), success: body.status.success }).toEqual({
    status: 429,
    retryAfter: "1",
    success: false,
  });
});

test("accepts codes for refusals only, and operations of its upstream only", async () => {
  await using sandbox = await startSandbox();
  const add = (script: object) => () =>
    sandbox.faults.add({ upstream: "capillary", operation: "issue", fault: "delay", ...script });
  expect(add({ delayMs: 1, code: 5 })).toThrow("only a refusal has codes");
  expect(add({ delayMs: 1, operation: "verify-otp" })).toThrow("operation: expected one of");
  expect(add({ delayMs: 1, operation: "isredeemable" })).not.toThrow();
});

test("a reset during a delayed issue prevents its effects", async () => {
  await using sandbox = await startSandbox();
  sandbox.faults.add({ upstream: "capillary", operation: "issue", fault: "delay", delayMs: 60_000 }); // the reset aborts it
  const answer = expect(capillaryApi(sandbox).issue()).rejects.toThrow("fetch failed");
  await sandbox.calls.waitFor((call) => call.operation === "issue");
  sandbox.reset();
  await answer;
  expect(sandbox.capillary.issuals()).toEqual([]);
  expect((await capillaryApi(sandbox).issue()).body.status.success).toBe(true);
});
