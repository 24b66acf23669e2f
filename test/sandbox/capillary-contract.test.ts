import { describe, expect, test } from "vitest";
import { makeCapillary } from "../../sandbox/capillary/capillary.ts";
import { sandboxTill } from "../../sandbox/capillary/credentials.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { asha, type CapillaryReply, capillaryApi, family, vikram } from "./support/capillary-api.ts";
import { openDocument } from "./support/openapi.ts";

const { document, mistakesIn, mistakesInAnswer } = openDocument("capillary.yaml");

type Api = ReturnType<typeof capillaryApi>;
type Case = [what: string, operation: string, verdict: "yes" | "no", ask: (api: Api) => Promise<CapillaryReply>];

const described = new Map(
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => [operationId, { path, method }] as const),
  ),
);

function mistakesOf(operation: string, answer: CapillaryReply): string[] {
  const { path, method } = described.get(operation) ?? { path: "", method: "" };
  return mistakesInAnswer(method, path, answer);
}

/** The outcome in each API's own form: success unless a part of it is a failure. */
function verdictIn({ body }: CapillaryReply): "yes" | "no" {
  const item = body.response?.points?.redeemable ?? body.response?.responses?.points ?? body.response?.customer;
  const saysNo =
    body.status?.success === false ||
    body.errors?.length > 0 ||
    body.failures > 0 ||
    body.response?.status.success === "false" ||
    item?.item_status?.success === "false";
  return saysNo ? "no" : "yes";
}

const issuedThen = async (api: Api, then: (transactionId: number) => Promise<CapillaryReply>, rewardId = 15465) => {
  const { body } = await api.issue({ userGroup2Id: family.id, quantity: 50 }, rewardId);
  return then(body.transactionId);
};
const takenThen = async (api: Api, then: (redemptionId: string) => Promise<CapillaryReply>) =>
  then((await api.redeem({ points_redeemed: 0.5 })).body.response.responses.points.redemption_id);
const everyGroup = {
  includedAllUserGroup2: "true",
  includedUserGroup2LoyaltyDetails: "true",
  ug2PaginationDetails: "true",
};

const cases: Case[] = [
  ["a token", "generate", "yes", (api) => api.token()],
  ["a brand", "getAll", "yes", (api) => api.brands()],
  ["no brand", "getAll", "no", (api) => api.brands([1])],
  ["every reward", "user-rewards", "yes", (api) => api.userRewards({ includeExpired: "true" })],
  ["a customer's rewards", "user-rewards", "yes", (api) => api.userRewards({ userId: asha.id })],
  ["rewards of an unknown user", "user-rewards", "no", (api) => api.userRewards({ userId: 5 })],
  ["a limited reward", "user-reward", "yes", (api) => api.userReward(15479, { userId: asha.id })],
  ["another segment's reward", "user-reward", "no", (api) => api.userReward(15480, { userId: vikram.id })],
  ["the mirror", "reward-list", "yes", (api) => api.rewardList()],
  ["half a time", "reward-list", "no", (api) => api.rewardList({ endDate: 1 })],
  ["the short list", "brand-rewards", "yes", (api) => api.brandRewards()],
  ["the short list for an unknown user", "brand-rewards", "no", (api) => api.brandRewards({ userId: 5 })],
  ["a definition", "brand-reward", "yes", (api) => api.brandReward(15470)],
  ["a definition with limits", "brand-reward", "yes", (api) => api.brandReward(15478)],
  ["no definition", "brand-reward", "no", (api) => api.brandReward(1)],
  ["categories", "categories", "yes", (api) => api.categories()],
  ["a coupon", "issue", "yes", (api) => api.issue({ userGroup2Id: family.id, requestId: "r-1" })],
  ["a voucher", "issue", "yes", (api) => api.issue({ paymentConfig: { id: 34 } }, 15471)],
  ["a promotion", "issue", "yes", (api) => api.issue({}, 15472)],
  ["an unknown group", "issue", "no", (api) => api.issue({ userGroup2Id: 5 })],
  ["a disabled reward", "issue", "no", (api) => api.issue({}, 15483)],
  ["an unreadable issue", "issue", "no", (api) => api.issue({ brand: null })],
  ["a revoke", "revoke", "yes", (api) => issuedThen(api, api.revoke)],
  ["a revoke without a transaction", "revoke", "no", (api) => api.revoke(undefined)],
  ["an unreadable revoke", "revoke", "no", (api) => api.revoke("soon")],
  ["issuals", "issuals", "yes", (api) => issuedThen(api, () => api.issuals())],
  [
    "issuals by reference",
    "issuals",
    "yes",
    (api) => takenThen(api, (id) => api.issuals(asha.id, { pointsRefIds: id })),
  ],
  ["issuals of an unknown customer", "issuals", "no", (api) => api.issuals("5")],
  ["an issual", "issual", "yes", (api) => issuedThen(api, (id) => api.issual(asha.id, id))],
  ["no issual", "issual", "no", (api) => api.issual(asha.id, 1)],
  ["a transaction", "reward-transactions", "yes", (api) => issuedThen(api, (id) => api.transaction(id))],
  [
    "a voucher's transaction",
    "reward-transactions",
    "yes",
    (api) => issuedThen(api, (id) => api.transaction(id), 15474),
  ],
  ["no transaction", "reward-transactions", "no", (api) => api.transaction(1)],
  ["an owned reward", "userReward", "yes", (api) => issuedThen(api, () => api.owned())],
  ["a reward without an owner", "userReward", "no", (api) => api.owned({ externalId: "" })],
  ["redeemable", "isredeemable", "yes", (api) => api.isRedeemable()],
  ["not redeemable", "isredeemable", "no", (api) => api.isRedeemable({ points: 9999 })],
  ["a request for XML", "isredeemable", "no", (api) => api.isRedeemable({ format: "xml" })],
  ["redeemed", "redeem", "yes", (api) => api.redeem({ points_redeemed: 0.125 }, { user_group2_id: "31059" })],
  ["not redeemed", "redeem", "no", (api) => api.redeem({ points_redeemed: 9999 })],
  [
    "customers",
    "get",
    "yes",
    (api) => api.customers({ id: `${asha.id},5`, user_id: "true", mlp: "true", user_group: "true" }),
  ],
  ["no customers", "get", "no", (api) => api.customers({ id: "5" })],
  ["no customers named", "get", "no", (api) => api.customers()],
  [
    "redemptions",
    "redemptions",
    "yes",
    (api) => takenThen(api, (id) => api.reverse({ redemptionId: id }).then(() => api.redemptions())),
  ],
  ["two customers' redemptions", "redemptions", "yes", (api) => api.redemptions({ id: `${asha.id},${vikram.id}` })],
  ["redemptions of an unknown customer", "redemptions", "no", (api) => api.redemptions({ id: "5" })],
  ["a reversal", "reverse", "yes", (api) => takenThen(api, (redemptionId) => api.reverse({ redemptionId }))],
  ["no reversal", "reverse", "no", (api) => api.reverse({ redemptionId: "XXXXXX" })],
  ["an unreadable reversal", "reverse", "no", (api) => api.reverse({})],
  ["an allocation", "manualCurrencyAllocate", "yes", (api) => api.allocate({})],
  ["an allocation with rejected rows", "manualCurrencyAllocate", "no", (api) => api.allocate({}, { programId: 5 })],
  ["an empty allocation", "manualCurrencyAllocate", "no", (api) => api.allocate()],
  ["a group", "userGroup2", "yes", (api) => api.group({ programDetails: "true", expirySchedules: "true" })],
  ["no group", "userGroup2", "no", (api) => api.group({ id: 5 })],
  ["members", "members", "yes", (api) => api.members({ paginationDetails: "true" })],
  ["no members", "members", "no", (api) => api.members({ identifierValue: 5 })],
  ["found groups", "search", "yes", (api) => api.searchGroups("team7")],
  ["an empty search", "search", "no", (api) => api.searchGroups("")],
  ["a customer", "customers", "yes", (api) => api.customer(asha.id, everyGroup)],
  ["no customer", "customers", "no", (api) => api.customer("5")],
  ["a customer by name", "customerDetails", "yes", (api) => api.lookup(everyGroup)],
  ["no customer by name", "customerDetails", "no", (api) => api.lookup({ identifierValue: "CUST9" })],
  ["a balance", "balance", "yes", (api) => api.balance(asha.id, { entityType: "FLEET" })],
  ["no balance", "balance", "no", (api) => api.balance("5")],
  ["a balance by name", "lookup-balance", "yes", (api) => api.lookupBalance()],
  ["no balance by name", "lookup-balance", "no", (api) => api.lookupBalance({ identifierValue: "1" })],
];

for (const failureStatus of [200, 400] as const) {
  describe(`with refusals on HTTP ${failureStatus}, the document holds for`, () => {
    for (const [what, operation, verdict, ask] of cases) {
      test(what, async () => {
        await using sandbox = await startSandbox();
        sandbox.capillary.setFlags({ failureStatus, REVOKE_ENABLE: true });
        const answer = await ask(capillaryApi(sandbox));
        expect(mistakesOf(operation, answer)).toEqual([]);
        expect(verdictIn(answer)).toBe(verdict);
        if (verdict === "yes") expect(answer.status).toBe(200);
      });
    }
  });
}

test("the older, shorter answer of an issue is documented too", async () => {
  await using sandbox = await startSandbox();
  sandbox.capillary.setFlags({ issueAnswer: "short" });
  expect(mistakesOf("issue", await capillaryApi(sandbox).issue())).toEqual([]);
});

describe("the document", () => {
  test("describes exactly the operations that the sandbox answers, under their names", () => {
    const { upstreams } = makeCapillary({
      journalFile: undefined,
      credentials: sandboxTill,
      origin: () => "",
      warn: () => {},
      clock: { now: () => new Date(0) },
    });
    const played = upstreams.flatMap(({ operations }) =>
      operations.map(({ name, method, path }) => `${name}: ${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`),
    );
    const documented = [...described].map(([name, { method, path }]) => `${name}: ${method.toUpperCase()} ${path}`);
    expect(documented.sort()).toEqual(played.sort());
    expect(new Set(cases.map(([, operation]) => operation))).toEqual(new Set(described.keys()));
  });

  test("has the 401 of every operation except the one that issues tokens", async () => {
    await using sandbox = await startSandbox();
    const strangers = capillaryApi(sandbox, {});
    for (const [operation, { path, method }] of described) {
      if (operation === "generate") continue;
      const url = path.replaceAll(/\{brandName\}/g, "MarvelTest").replaceAll(/\{\w+\}/g, "1");
      const answer = await (method === "get" ? strangers.get(url) : strangers.post(url, {}));
      expect([operation, answer.status, mistakesOf(operation, answer)]).toEqual([operation, 401, []]);
    }
    const noToken = await strangers.token({ key: "k", secret: "s" });
    expect([noToken.status, mistakesOf("generate", noToken)]).toEqual([401, []]);
    const unreadable = await strangers.token({});
    expect([unreadable.status, mistakesOf("generate", unreadable)]).toEqual([400, []]);
  });

  for (const [name, { examples = [] }] of Object.entries(document.components.schemas)) {
    if (examples.length === 0) continue;
    test(`has examples of ${name} that fit it`, () => {
      for (const each of examples) expect(mistakesIn(each, `/components/schemas/${name}`)).toEqual([]);
    });
  }

  const coupon = { pointsRedeemed: "1", couponCode: "4WF17B", codeExpiry: "2027-05-12 00:00:00" };
  const issued = {
    status: { success: true, code: 200, message: "done" },
    intouch: coupon,
    promotion: null,
    vendor: null,
  };
  const wrong: [what: string, operation: string, body: object][] = [
    ["points as a number", "issue", { ...issued, intouch: { ...coupon, pointsRedeemed: 1 } }],
    ["a coupon and a voucher", "issue", { ...issued, vendor: { voucher: "V", pointsRedeemed: "1" } }],
    ["no points in the response", "issue", { ...issued, intouch: null }],
    ["a refusal with a voucher", "issue", { ...issued, status: { success: false, code: 8003, message: "no" } }],
    ["a verdict in text", "issue", { ...issued, status: { ...issued.status, success: "true" } }],
    ["a status that is no list", "issual", { status: issued.status, data: {} }],
    ["a real boolean in v1.1", "isredeemable", { response: { status: { success: true, code: 200, message: "" } } }],
    ["a silent v2 refusal", "userGroup2", { warnings: [], errors: [] }],
  ];
  for (const [what, operation, body] of wrong) {
    test(`would not pass ${what}`, () => {
      const headers = new Headers({ "content-type": "application/json" });
      expect(mistakesOf(operation, { status: 200, headers, body })).not.toEqual([]);
    });
  }
});
