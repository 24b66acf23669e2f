import { describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { capillaryApi, rewardsRoot } from "./support/capillary-api.ts";

// The published requests for redeeming from a group's wallet, byte for byte, and the answers published with them.

const ask = (sandbox: Sandbox, path: string, body: object) => capillaryApi(sandbox).post(`${rewardsRoot}${path}`, body);

const request = { brand: "MarvelTest", transactionNumber: "123456789", mobile: 919712709262, notes: "xyz" };

const issued = (couponCode: string) => ({
  status: { success: true, code: 200, message: "Reward issued successfully" },
  intouch: { pointsRedeemed: "1", couponCode, codeExpiry: "2027-05-12 00:00:00" },
  promotion: null,
  vendor: null,
});

const refused = (code: string, message: string) => ({
  status: {
    success: false,
    code: 8004,
    message: "fail to issue reward as  points are not redeemable",
    partnerError: { codes: [code], messages: [message] },
  },
  intouch: null,
  promotion: null,
  vendor: null,
});

describe("a brand with the published configuration", () => {
  test("issues by group id, then by the group's external id", async () => {
    await using sandbox = await startSandbox();
    sandbox.capillary.setFlags({ issueAnswer: "short" });
    const path = "/user/reward/15465/issue?username=tillcapillary";
    const byId = await ask(sandbox, path, { ...request, userGroup2Id: 31059 });
    const byExternalId = await ask(sandbox, path, { ...request, userGroup2ExternalId: "famgroup11" });
    expect(byId).toMatchObject({ status: 200, body: issued("4WF17B") });
    expect(Object.keys(byId.body)).toEqual(Object.keys(issued("4WF17B")));
    expect(byExternalId.body).toEqual(issued("0LP85Y"));
    expect(sandbox.capillary.groupBalance(31059)).toBe(4998);
  });

  test("issues with the primary user in the query, the group in the body, and no till", async () => {
    await using sandbox = await startSandbox();
    sandbox.capillary.setFlags({ issueAnswer: "short" });
    const path = "/user/reward/15465/issue?user_group2_primary_user_id=381798579";
    expect((await ask(sandbox, path, { ...request, userGroup2Id: 31059 })).body).toEqual(issued("4WF17B"));
  });

  test("reports that redemption is not configured for the group", async () => {
    await using sandbox = await startSandbox();
    const path = "/user/reward/15466/issue?username=tillcapillary";
    const answer = await ask(sandbox, path, { ...request, mobile: 919723456710, userGroup2Id: 31100 });
    const message = "points redemption rules/configuration not allowing redemption";
    expect(answer).toMatchObject({ status: 400, body: refused("828", message) });
  });

  test("reports an unknown group", async () => {
    await using sandbox = await startSandbox();
    const path = "/user/reward/15466/issue?username=tillcapillary";
    const answer = await ask(sandbox, path, { ...request, userGroup2Id: "381751178" });
    expect(answer.body).toEqual(refused("1632", "group id/externalId/primary userId 381751178 passed is not valid"));
  });

  test("reports that the customer is not in the group", async () => {
    await using sandbox = await startSandbox();
    const path = "/user/reward/15466/issue?username=tillcapillary";
    const stranger = { ...request, mobile: 917122001239, userGroup2PrimaryUserId: "381798579" };
    const answer = await ask(sandbox, path, stranger);
    expect(answer.body).toEqual(refused("1620", "user 381798977 does not belong to group 31059"));
  });
});
