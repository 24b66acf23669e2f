import { describe, expect, test } from "vitest";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { capillaryApi, family, ravi } from "./support/capillary-api.ts";

const fromFamily = { userGroup2Id: family.id };
const byRavi = { mobile: ravi.mobile, ...fromFamily };
const nothingIssued = { intouch: null, promotion: null, vendor: null };

describe("a requestId", () => {
  test("repeated with the same request is a duplicate with HTTP 400, and issues nothing again", async () => {
    await using sandbox = await startSandbox();
    sandbox.capillary.setFlags({ failureStatus: 200 });
    const api = capillaryApi(sandbox);
    await api.issue({ ...fromFamily, requestId: "r-1" });
    const again = await api.issue({ ...fromFamily, requestId: "r-1" });
    expect(again).toMatchObject({ status: 400, body: { status: { success: false, code: 400 }, ...nothingIssued } });
    expect(sandbox.capillary.groupBalance(family.id)).toBe(4999);
    expect(sandbox.capillary.issuals()).toHaveLength(1);
  });

  test("repeated with another request is 10003", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    await api.issue({ ...fromFamily, requestId: "r-1" });
    const codes = [
      await api.issue({ ...fromFamily, requestId: "r-1", notes: "changed" }),
      await api.issue({ ...fromFamily, requestId: "r-1" }, 15466),
      await api.issue({ ...byRavi, requestId: "r-1" }),
    ].map(({ body }) => body.status.code);
    expect(codes).toEqual([10003, 10003, 10003]);
    expect(sandbox.capillary.groupBalance(family.id)).toBe(4999);
  });

  test("is the same for each format of its ids", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    await api.issue({ userGroup2Id: 31059, requestId: "r-1" });
    expect((await api.issue({ userGroup2Id: "31059", requestId: "r-1" })).body.status.code).toBe(400);
  });

  test("of a failed attempt is used up", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    await api.issue({ requestId: "r-1" }, 15483);
    sandbox.capillary.changeReward({ id: 15483, enabled: true });
    expect((await api.issue({ requestId: "r-1" }, 15483)).body.status.code).toBe(400);
    expect((await api.issue({ requestId: "r-2" }, 15483)).body.status.code).toBe(200);
  });

  test("is not used up by a request that could not be read", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    await api.issue({ requestId: "r-1", quantity: "many" });
    await api.issue({ requestId: "r-1", paymentConfig: {} }, 15470);
    expect((await api.issue({ requestId: "r-1" })).body.status.code).toBe(200);
    expect(sandbox.capillary.issuals()).toHaveLength(1);
  });

  test("is the only key: a transactionNumber may be issued twice", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const [first, second] = [await api.issue(byRavi), await api.issue(byRavi)];
    expect(first.body.intouch.couponCode).not.toBe(second.body.intouch.couponCode);
    expect(sandbox.capillary.groupBalance(family.id)).toBe(4998);
  });
});

describe("one issue at a time for a customer", () => {
  const held = { upstream: "capillary", operation: "issue", fault: "hold" } as const;

  test("another call is refused as locked, and its key stays unused", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const fault = sandbox.faults.add(held);
    const first = api.issue({ ...fromFamily, requestId: "r-1" });
    await sandbox.faults.held(fault);
    const second = await api.issue({ ...fromFamily, requestId: "r-2" });
    expect(second).toMatchObject({ status: 400, body: { status: { code: 10004 }, ...nothingIssued } });
    const repeated = await api.issue({ ...fromFamily, requestId: "r-1" });
    expect(repeated.body.status.code).toBe(10004);
    sandbox.faults.release();
    expect((await first).body.status.success).toBe(true);
    expect((await api.issue({ ...fromFamily, requestId: "r-2" })).body.status.success).toBe(true);
  });

  test("other customers are not blocked", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    const fault = sandbox.faults.add(held);
    const first = api.issue(fromFamily);
    await sandbox.faults.held(fault);
    expect((await api.issue(byRavi)).body.status.success).toBe(true);
    sandbox.faults.release();
    await first;
  });

  test("a dropped call releases the lock", async () => {
    await using sandbox = await startSandbox();
    const api = capillaryApi(sandbox);
    sandbox.faults.add({ upstream: "capillary", operation: "issue", fault: "commit-then-drop" });
    await expect(api.issue(fromFamily)).rejects.toThrow("fetch failed");
    await sandbox.calls.waitFor(({ outcome }) => outcome === "dropped");
    expect((await api.issue(fromFamily)).body.status.success).toBe(true);
  });

  test("fifty members' simultaneous calls take the available points and no more", async () => {
    await using sandbox = await startSandbox();
    const { capillary } = sandbox;
    capillary.setBalance({ group: family.id, points: 20 });
    const members = Array.from({ length: 50 }, (_, n) => capillary.addCustomer({ externalId: `MEMBER${n}` }));
    for (const { userId } of members) capillary.changeMember(family.id, userId, {});
    const api = capillaryApi(sandbox);
    const answers = await Promise.all(members.map(({ externalId }) => api.issue({ externalId, ...fromFamily })));
    expect(answers.filter(({ body }) => body.status.success)).toHaveLength(20);
    expect(capillary.groupBalance(family.id)).toBe(0);
  });
});
