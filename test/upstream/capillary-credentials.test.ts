import { describe, expect, test } from "vitest";
import type { Capillary } from "../../src/upstream/capillary/capillary.ts";
import { makeTestClock } from "../support/clock.ts";
import {
  BASIC,
  clientOf,
  type FakeCapillary,
  failureOf,
  OAUTH,
  startFakeCapillary,
  v1,
  withStatus,
  yes,
} from "./capillary/fake-capillary.ts";

const TOKEN = "/v3/oauth/token/generate";
const read = ({ catalogue }: Capillary, rewardId = "7") => catalogue.reward({ brandId: "31", rewardId });
const issue = ({ issuing }: Capillary) =>
  issuing.issue({ requestId: "r", transactionNumber: "t", rewardId: "7", customer: { mobile: "91" } });
const reward = (id: string) => ({ status: yes, reward: { id, name: "Tea" } });

/** Issues `token-1`, `token-2`, …, and accepts only those of `accepted`. */
async function startOAuth(isAccepted: (token: string) => boolean = () => true, ttlSeconds: unknown = 300) {
  const capillary = await startFakeCapillary();
  capillary.play("", ({ headers, path }) => {
    if (!isAccepted(String(headers["x-cap-api-oauth-token"]))) return withStatus(401, { message: "token expired" });
    return path.endsWith("/brand/31") ? reward("7") : { status: yes };
  });
  capillary.play(TOKEN, (_, nth) => ({ data: { accessToken: `token-${nth}`, ttlSeconds }, errors: null }));
  return capillary;
}
const tokenRequests = ({ seen }: FakeCapillary) => seen.filter(({ path }) => path === TOKEN).length;
const tokensSent = ({ seen }: FakeCapillary) =>
  seen.filter(({ path }) => path !== TOKEN).map(({ headers }) => headers["x-cap-api-oauth-token"]);

describe("till and password", () => {
  test("are sent as Basic, the password as its MD5", async () => {
    const capillary = await startFakeCapillary();
    capillary.on("/brand/31", reward("7"));
    await read(clientOf(capillary.url));
    expect(capillary.seen[0]).toMatchObject({
      headers: {
        authorization: `Basic ${btoa("till.one:5ebe2294ecd0e0f08eab7690d2a6ee69")}`,
        accept: "application/json",
      },
      query: { username: "till.one" },
    });
    expect(capillary.seen[0]?.headers).not.toHaveProperty("x-cap-api-oauth-token");
  });

  test("that are not accepted are not tried twice", async () => {
    const capillary = await startFakeCapillary();
    capillary.on("/brand/31", withStatus(401, { message: "no" }));
    const error = await failureOf(read(clientOf(capillary.url)));
    expect(error).toMatchObject({ outcome: "transient", httpStatus: 401 });
    expect(error.message).toContain("our credentials");
    expect(capillary.seen).toHaveLength(1);
  });
});

describe("an OAuth token", () => {
  test("is requested with key and secret, and sent without Basic", async () => {
    const capillary = await startOAuth();
    await read(clientOf(capillary.url, { ...OAUTH, till: "till.one" }));
    expect(capillary.seen[0]).toMatchObject({
      method: "POST",
      path: TOKEN,
      body: { key: "a key", secret: "a secret" },
    });
    expect(capillary.seen[1]).toMatchObject({
      headers: { "x-cap-api-oauth-token": "token-1" },
      query: { username: "till.one" },
    });
    expect(capillary.seen[1]?.headers).not.toHaveProperty("authorization");
  });

  test("is requested once for any number of calls", async () => {
    const capillary = await startOAuth();
    const client = clientOf(capillary.url, OAUTH);
    const calls = Array.from({ length: 12 }, (_, nth) => read(client, `${nth}`));
    await Promise.all([...calls, issue(client)]);
    expect(tokenRequests(capillary)).toBe(1);
    expect(capillary.seen).toHaveLength(14);
  });

  test.each([300, "300"])("is cached for most of its life (%j seconds), and no longer", async (ttlSeconds) => {
    const capillary = await startOAuth(undefined, ttlSeconds);
    const clock = makeTestClock();
    const client = clientOf(capillary.url, { ...OAUTH, clock });
    await read(client);
    clock.advance(239_000);
    await read(client);
    expect(tokensSent(capillary)).toEqual(["token-1", "token-1"]);
    clock.advance(1_000);
    await read(client);
    expect(tokensSent(capillary)).toEqual(["token-1", "token-1", "token-2"]);
  });

  test.each([
    ["a read", read],
    ["a write", issue],
  ] as const)("that has expired is replaced for %s, once", async (_, perform) => {
    let accepted = "token-1";
    const capillary = await startOAuth((token) => token === accepted);
    const client = clientOf(capillary.url, OAUTH);
    await read(client);
    accepted = "token-2";
    await perform(client);
    expect(tokensSent(capillary)).toEqual(["token-1", "token-1", "token-2"]);
    accepted = "none";
    expect(await failureOf(perform(client))).toMatchObject({ outcome: "transient", httpStatus: 401 });
    expect(tokensSent(capillary).slice(3)).toEqual(["token-2", "token-3"]);
  });

  test("that is refused although it is new is not requested again", async () => {
    const capillary = await startOAuth(() => false);
    expect(await failureOf(read(clientOf(capillary.url, OAUTH)))).toMatchObject({
      outcome: "transient",
      httpStatus: 401,
    });
    expect(tokenRequests(capillary)).toBe(1);
  });

  test("that expired for many calls at once is replaced once", async () => {
    let accepted = "token-1";
    const capillary = await startOAuth((token) => token === accepted);
    const client = clientOf(capillary.url, OAUTH);
    await read(client);
    accepted = "token-2";
    await Promise.all(Array.from({ length: 8 }, (_, nth) => read(client, `${nth}`)));
    expect(tokenRequests(capillary)).toBe(2);
  });

  test.each([
    ["refused", withStatus(400, { data: null, errors: [{ code: 1, message: "bad key" }] })],
    ["missing in the answer", { data: null, errors: null }],
    ["not to be had", withStatus(500, "{}")],
    ["cut off", (response: { destroy(): void }) => response.destroy()],
  ])("%s: then nothing is sent, and the next call retries", async (_, answer) => {
    const capillary = await startOAuth();
    const client = clientOf(capillary.url, OAUTH);
    capillary.on(TOKEN, answer);
    expect(await failureOf(issue(client))).toMatchObject({ outcome: "transient", operation: "token" });
    expect(tokensSent(capillary)).toEqual([]);
    capillary.on(TOKEN, { data: { accessToken: "good", ttlSeconds: 60 }, errors: null });
    await issue(client);
    expect(tokensSent(capillary)).toEqual(["good"]);
  });
});

describe("an operation that accepts only Basic", () => {
  const check = ({ points }: Capillary) => points.isRedeemable({ customer: { id: "1" }, points: 1 });

  test("uses it, although all others use the token", async () => {
    const capillary = await startOAuth();
    capillary.on("/v1.1/points/isredeemable", redeemable);
    capillary.on("/manualCurrencyAllocate", [{ success: true }]);
    const client = clientOf(capillary.url, { ...BASIC, ...OAUTH });
    await check(client);
    await client.points.allocate([allocation]);
    expect(tokenRequests(capillary)).toBe(0);
    for (const { headers } of capillary.seen) expect(headers.authorization).toMatch(/^Basic /);
    await read(client);
    expect(tokensSent(capillary).at(-1)).toBe("token-1");
  });

  test("names the missing setting if there is only OAuth, and keeps the token", async () => {
    const capillary = await startOAuth();
    capillary.on("/v1.1/points/isredeemable", withStatus(401, "{}"));
    const client = clientOf(capillary.url, OAUTH);
    const error = await failureOf(check(client));
    expect(error).toMatchObject({ outcome: "transient", httpStatus: 401, operation: "isredeemable" });
    expect(error.message).toContain("set CAPILLARY_TILL and CAPILLARY_PASSWORD");
    await read(client);
    expect(tokenRequests(capillary)).toBe(1);
  });
});

const redeemable = v1("points", { is_redeemable: "true" });
const allocation = {
  customer: { identifierType: "mobile", identifierValue: "1" },
  amount: 5,
  awardStrategyId: "501",
  expiryStrategyId: "601",
  uniqueId: "U",
  reference: "R",
};

test("credentials stay out of errors", async () => {
  const capillary = await startOAuth(() => false);
  const error = await failureOf(issue(clientOf(capillary.url, { ...BASIC, ...OAUTH })));
  const told = JSON.stringify([error, error.message, error.stack]);
  for (const secret of ["a secret", "token-1", "5ebe2294"]) expect(told).not.toContain(secret);
});
