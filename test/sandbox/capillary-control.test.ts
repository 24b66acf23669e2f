import { describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { asha, capillaryApi, family, ravi } from "./support/capillary-api.ts";

/** A call of the control surface over HTTP. */
async function control({ url }: Sandbox, path: string, body?: unknown) {
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(`${url}/__sandbox/capillary${path}`, init);
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
}

describe("reading", () => {
  test("shows every attempt with its key and its result, of one customer or of all", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    await api.issue({ requestId: "r-1", userGroup2Id: family.id });
    await api.issue({ mobile: ravi.mobile, userGroup2Id: 5 });
    const mine = await control(sandbox, "/issuals?customer=CUST12345");
    expect(mine.body).toMatchObject({
      issuals: [{ requestId: "r-1", state: "ISSUED", redemption: { points: 1 }, given: { code: "4WF17B" } }],
    });
    expect(mine.body.issuals).toEqual(sandbox.capillary.issuals("CUST12345"));
    const all = await control(sandbox, "/issuals");
    expect(all.body.issuals).toMatchObject([
      { state: "ISSUED" },
      { state: "FAILED", code: 8004, partner: { code: "1632" }, isGroupRedemption: true, given: null },
    ]);
    expect((await control(sandbox, `/issuals?customer=${ravi.mobile}`)).body.issuals).toHaveLength(1);
    expect((await control(sandbox, "/issuals?customer=CUST9")).status).toBe(404);
    expect(["CUST12345", asha.id, asha.mobile, "CUST9"].map(sandbox.capillary.has)).toEqual([true, true, true, false]);
  });

  test("shows deductions and returns", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const { redemption_id } = (await api.redeem()).body.response.responses.points;
    await api.reverse({ redemptionId: redemption_id, pointsToBeReversed: 4 });
    const { body } = await control(sandbox, `/redemptions?customer=${asha.id}`);
    expect(body).toMatchObject({
      redemptions: [{ redemptionId: redemption_id, points: 10 }],
      reversals: [{ points: 4 }],
    });
  });

  test("shows customers and groups with the balance that pays, and rewards", async () => {
    await using sandbox = await startSandbox();
    const { customers } = (await control(sandbox, "/customers")).body;
    expect(customers[0]).toMatchObject({ externalId: "CUST12345", balance: 1200 });
    const { groups } = (await control(sandbox, "/groups")).body;
    expect(groups[0]).toMatchObject({ id: 31059, externalId: "famgroup11", balance: 5000 });
    expect((await control(sandbox, "/rewards")).body.rewards).toHaveLength(22);
  });

  test("returns copies: a test's earlier reads do not change", async () => {
    await using sandbox = await startSandbox();
    const { capillary } = sandbox;
    const { transactionId } = (await capillaryApi(sandbox).issue()).body;
    const read = [capillary.issuals(), capillary.group(family.id), capillary.flags(), capillary.reward(15465)];
    const before = structuredClone(read);
    capillary.useCoupon(transactionId);
    capillary.changeGroup(family.id, { status: "DELETED" });
    capillary.changeReward({ id: 15465, enabled: false });
    capillary.setFlags({ REVOKE_ENABLE: true });
    expect(read).toEqual(before);
  });
});

describe("set-up", () => {
  test("creates a customer, a group with points and a reward, which can be issued", async () => {
    await using sandbox = await startSandbox();
    expect((await control(sandbox, "/customers", { externalId: "CUST7", segments: ["new"] })).status).toBe(201);
    const group = await control(sandbox, "/groups", { members: [{ customer: "CUST7" }, { customer: asha.id }] });
    expect(group).toMatchObject({ status: 201, body: { members: [{ role: "PRIMARY" }, { role: "SECONDARY" }] } });
    await control(sandbox, "/balances", { group: group.body.id, points: 75 });
    const reward = await control(sandbox, "/rewards", { name: "Pencil", intouchPoints: 70, segment: "new" });
    const { body } = await capillaryApi(sandbox).issue(
      { externalId: "CUST7", userGroup2Id: group.body.id },
      reward.body.id,
    );
    expect(body.intouch.pointsRedeemed).toBe("70");
    expect(sandbox.capillary.groupBalance(group.body.id)).toBe(5);
  });

  test("changes existing records", async () => {
    await using sandbox = await startSandbox();
    await control(sandbox, "/members", { group: "famgroup11", customer: ravi.mobile, mayRedeem: false });
    await control(sandbox, "/groups/change", { group: 31072, status: "INACTIVE" });
    await control(sandbox, "/rewards/change", { id: 15465, enabled: false });
    await control(sandbox, "/balances", { customer: "CUST12345", points: 5, programId: 1041 });
    const { capillary } = sandbox;
    expect(capillary.group(31059).members.find(({ userId }) => userId === Number(ravi.id))?.mayRedeem).toBe(false);
    expect(capillary.group("team7").status).toBe("INACTIVE");
    expect(capillary.reward(15465).enabled).toBe(false);
    expect([capillary.balance("CUST12345"), capillary.balance("CUST12345", 1041)]).toEqual([1200, 5]);
  });

  test("uses a coupon, once", async () => {
    await using sandbox = await startSandbox();
    const { transactionId } = (await capillaryApi(sandbox).issue()).body;
    expect((await control(sandbox, "/coupons/use", { transactionId })).status).toBe(204);
    expect((await control(sandbox, "/coupons/use", { transactionId })).status).toBe(409);
    expect((await control(sandbox, "/coupons/use", { transactionId: 1 })).status).toBe(404);
  });

  test("switches flags one at a time", async () => {
    await using sandbox = await startSandbox();
    const before = (await control(sandbox, "/flags")).body;
    expect(before).toMatchObject({ REVOKE_ENABLE: false, failureStatus: 400, issueAnswer: "full" });
    expect((await control(sandbox, "/flags", { REVOKE_ENABLE: true })).body).toEqual({
      ...before,
      REVOKE_ENABLE: true,
    });
  });

  const refused: [what: string, path: string, body: object, status: number, names: string][] = [
    ["a customer twice", "/customers", { externalId: "CUST12345" }, 409, "CUST12345"],
    ["an e-mail address twice", "/customers", { externalId: "C", email: "Asha@example.com" }, 409, "Asha@"],
    ["a customer without a name", "/customers", { firstName: "X" }, 400, "externalId or mobile"],
    ["a masked mobile", "/customers", { mobile: "98XXXXXX45" }, 400, "mobile"],
    ["a group twice", "/groups", { id: 31059, members: [{ customer: "CUST12345" }] }, 409, "31059"],
    ["a group without members", "/groups", { members: [] }, 400, "members"],
    ["a group of strangers", "/groups", { members: [{ customer: "CUST9" }] }, 404, "CUST9"],
    ["a second primary member", "/members", { group: 31059, customer: ravi.id, role: "PRIMARY" }, 400, "PRIMARY"],
    ["a reward twice", "/rewards", { id: 15465, name: "X" }, 409, "15465"],
    ["a reward without a name", "/rewards", { intouchPoints: 1 }, 400, "name"],
    ["a change of an unknown reward", "/rewards/change", { id: 1, enabled: true }, 404, "reward 1"],
    ["a debt", "/balances", { group: 31059, points: -1 }, 400, "points"],
    ["points for both", "/balances", { group: 31059, customer: "CUST12345", points: 1 }, 400, "exactly one"],
    ["an unknown flag", "/flags", { REVOKE: true }, 400, "REVOKE"],
    ["a flag of the wrong kind", "/flags", { failureStatus: 500 }, 400, "failureStatus"],
  ];
  for (const [what, path, body, status, names] of refused) {
    test(`refuses ${what}`, async () => {
      await using sandbox = await startSandbox();
      const answer = await control(sandbox, path, body);
      expect(answer).toMatchObject({ status, body: { message: expect.stringContaining(names) } });
    });
  }
});

test("a reset restores the sample world", async () => {
  await using sandbox = await startSandbox();
  const { capillary } = sandbox;
  const world = () => [capillary.flags(), capillary.customers(), capillary.groups(), capillary.rewards()];
  const before = structuredClone(world());
  capillary.setFlags({ REVOKE_ENABLE: true });
  capillary.addCustomer({ externalId: "CUST7" });
  capillary.changeGroup(family.id, { status: "DELETED" });
  capillary.setBalance({ group: 31072, points: 0 });
  const { transactionId } = (await capillaryApi(sandbox).issue({ requestId: "r-1" })).body;
  capillary.useCoupon(transactionId);
  await capillaryApi(sandbox).allocate({ uniqueId: "u-1" });
  sandbox.reset();
  expect(world()).toEqual(before);
  expect(capillary.issuals()).toEqual([]);
  expect(capillary.redemptions()).toEqual([]);
  expect(capillary.groupBalance("team7")).toBe(120);
  expect((await capillaryApi(sandbox).issue({ requestId: "r-1" })).body.intouch.couponCode).toBe("4WF17B");
  expect((await capillaryApi(sandbox).allocate({ uniqueId: "u-1" })).body.failures).toBe(0);
});
