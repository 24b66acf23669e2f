import { createHash } from "node:crypto";
import type { Sandbox } from "../../../sandbox/sandbox.ts";

/** Answers differ too much for one type: tests match the relevant fields. */
export interface CapillaryReply {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a foreign body, read by path
  body: any;
}

export const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

export const till = (name = "sandbox.till", password = "sandbox"): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${name}:${md5(password)}`).toString("base64")}`,
});

export const rewardsRoot = "/api_gateway/rewards/core/v1";

/** The customers and groups of the sample world, named by their use in tests. */
export const asha = { id: "381798579", externalId: "CUST12345", mobile: "919812345645" };
export const ravi = { id: "381798601", mobile: "919712709262" };
export const vikram = { id: "381798602", externalId: "CUST67890", mobile: "919723456710" };
export const family = { id: 31059, externalId: "famgroup11", primaryUserId: asha.id };

/** The gateway's calls to Capillary, with sample values for irrelevant arguments. */
export function capillaryApi({ url }: Pick<Sandbox, "url">, credentials: Record<string, string> = till()) {
  const ask = async (path: string, init: RequestInit): Promise<CapillaryReply> => {
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
  };
  const get = (path: string, query: Record<string, string | number> = {}) =>
    ask(`${path}?${new URLSearchParams(query as Record<string, string>)}`, { headers: credentials });
  const post = (path: string, body: unknown, signal?: AbortSignal) =>
    ask(path, {
      method: "POST",
      headers: { ...credentials, "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...(signal && { signal }),
    });
  const username = "username=sandbox.till";

  return {
    get,
    post,
    token: (client: object = { key: "sandbox-key", secret: "sandbox-secret" }) =>
      post("/v3/oauth/token/generate", client),
    brands: (orgIds = [100458]) => post(`${rewardsRoot}/brand/getAll`, { orgIds }),
    userRewards: (query = {}) => get(`${rewardsRoot}/user/reward/brand/MarvelTest`, query),
    userReward: (id: number, query = {}) => get(`${rewardsRoot}/user/reward/${id}/brand/MarvelTest`, query),
    rewardList: (query = {}) => get(`${rewardsRoot}/reward/list/brand/2049`, query),
    brandRewards: (query = {}) => get(`${rewardsRoot}/reward/brand/2049`, query),
    brandReward: (id: number) => get(`${rewardsRoot}/reward/${id}/brand/2049`),
    categories: () => get(`${rewardsRoot}/metadata/categories/brand/2049`),
    /** Reward 15465 costs one point. */
    issue: (request: object = {}, rewardId = 15465, signal?: AbortSignal) =>
      post(
        `${rewardsRoot}/user/reward/${rewardId}/issue?${username}&skip_validation=true`,
        {
          brand: "MarvelTest",
          transactionNumber: "T-1",
          ...("mobile" in request ? {} : asExternal(request)),
          ...request,
        },
        signal,
      ),
    revoke: (txnId: unknown) =>
      post(`${rewardsRoot}/user/reward/revoke?${username}`, { txnId, revokedBy: "test", revokeReason: "test" }),
    issuals: (customerId: string = asha.id, query = {}) =>
      get(`${rewardsRoot}/management/customer/${customerId}/issuals`, query),
    issual: (customerId: string, transactionId: string | number) =>
      get(`${rewardsRoot}/management/customer/${customerId}/issuals/${transactionId}`),
    transaction: (transactionId: string | number, query = {}) =>
      get(`${rewardsRoot}/reward-transactions/${transactionId}`, query),
    owned: (query = {}) =>
      get(`${rewardsRoot}/user/userReward/brand/MarvelTest`, {
        username: "sandbox.till",
        externalId: asha.externalId,
        ...query,
      }),
    isRedeemable: (query = {}) =>
      get("/v1.1/points/isredeemable", { format: "json", program_id: 973, points: 10, id: asha.id, ...query }),
    redeem: (request: object = {}, query: Record<string, string> = {}, signal?: AbortSignal) =>
      post(
        `/v1.1/points/redeem?${new URLSearchParams({ format: "json", program_id: "973", skip_validation: "true", ...query })}`,
        {
          root: { redeem: [{ points_redeemed: 10, customer: { id: asha.id }, transaction_number: "T-1", ...request }] },
        },
        signal,
      ),
    customers: (query = {}) => get("/v1.1/customer/get", { format: "json", ...query }),
    redemptions: (query = {}) => get("/v1.1/customer/redemptions", { format: "json", id: asha.id, ...query }),
    group: (query = {}) => get("/v2/userGroup2", { id: family.id, ...query }),
    members: (query = {}) =>
      get("/v2/userGroup2/members", { source: "INSTORE", identifierName: "id", identifierValue: family.id, ...query }),
    searchGroups: (q: string) => get("/v2/userGroup2/search", { q }),
    customer: (id: string = asha.id, query = {}) => get(`/v2/customers/${id}`, { source: "INSTORE", ...query }),
    lookup: (query = {}) =>
      get("/v2/customers/lookup/customerDetails", {
        source: "INSTORE",
        identifierName: "externalId",
        identifierValue: asha.externalId,
        ...query,
      }),
    balance: (id: string = asha.id, query = {}) => get(`/v2/customers/${id}/points/balance`, query),
    lookupBalance: (query = {}) =>
      get("/v2/customers/lookup/points/balance", { identifierName: "mobile", identifierValue: asha.mobile, ...query }),
    reverse: (request: object) =>
      post("/v2/points/reverse", { identifier: { type: "id", value: asha.id }, ...request }),
    allocate: (...requests: object[]) =>
      post(
        "/v2/customers/bulk/manualCurrencyAllocate",
        requests.map((each) => ({ ...allocation, ...each })),
      ),
  };
}

const asExternal = (request: object) => ("email" in request ? {} : { externalId: asha.externalId });

export const allocation = {
  orgId: 100458,
  programId: 973,
  awardStrategyId: 501,
  expiryStrategyId: 601,
  sourceValue: 100,
  eventName: "GenericEvent",
  eventSourceId: "gift-1",
  currencyType: "REGULAR",
  lookupParams: { identifierType: "externalId", identifierValue: asha.externalId, entityType: "CUSTOMER" },
};
