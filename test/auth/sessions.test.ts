import { randomUUID } from "node:crypto";
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { makeAccessTokens } from "../../src/auth/access-token.ts";
import { makeSessionStore } from "../../src/auth/session.store.ts";
import { makeSigningKeys, SIGNING_PERIOD_MS } from "../../src/auth/signing-keys.ts";
import { makeCipher } from "../../src/platform/cipher.ts";
import type { Db } from "../../src/platform/db.ts";
import { makeLocalBus } from "../../src/platform/events.ts";
import { DAY, MINUTE, makeTestClock, SECOND } from "../support/clock.ts";
import { type Customer, SESSION_SECRET, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { captureLog } from "../support/log.ts";
import { bearer, postRefresh, refresh, whoIs } from "../support/sign-in.ts";

const clock = makeTestClock();
const written = await captureLog();
let gateway: TestGateway;
let customer: Customer;
/** The entries of the customer in the audit log. */
const audited = async () =>
  (
    await gateway.sql<{ action: string }>("select action from audit_log where subject = $1 order by id", [
      customer.customerId,
    ])
  ).map(({ action }) => action);
beforeAll(async () => {
  gateway = await startTestGateway({ TRUST_PROXY: "127.0.0.1, ::1" }, { clock, log: written.log });
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(async () => {
  customer = await gateway.customer();
});

const me = (token = customer.token ?? "") => whoIs(gateway, bearer(token));
const signOut = (caller = customer) => caller.ok("mutation { signOut { userErrors { code } } }");
const sessionOver = {
  session: null,
  userErrors: [
    {
      __typename: "BasicUserError",
      code: "SESSION_EXPIRED",
      message: "This session has ended. Sign in again.",
      field: null,
    },
  ],
};
/** Refreshes with a token that must be valid. */
async function refreshed(refreshToken = customer.refreshToken) {
  const { session, userErrors } = await refresh(gateway, refreshToken);
  if (!session) throw new Error(`not refreshed: ${JSON.stringify(userErrors)}`);
  return session;
}

describe("an access token", () => {
  test("belongs to the customer and the new session", async () => {
    const [session] = await gateway.sql<{ id: string }>("select id from sessions where customer_id = $1", [
      customer.customerId,
    ]);
    expect(decodeJwt(customer.token ?? "")).toMatchObject({ sub: customer.customerId, sid: session?.id });
    expect(await me()).toBe(customer.customerId);
  });

  test("that has expired makes its bearer anonymous, but the session can still be refreshed", async () => {
    clock.advance(15 * MINUTE + 5 * SECOND);
    expect(await me()).toBeNull();
    const { errors } = await customer.send('{ order(id: "x") { id } }');
    expect(errors?.map((error) => error.extensions.code)).toEqual(["UNAUTHENTICATED"]);

    const { body } = await postRefresh(gateway, customer.refreshToken, bearer(customer.token ?? ""));
    expect(await me(body.data?.refreshSession.session?.accessToken)).toBe(customer.customerId);
  });

  test.each(["garbage", "a.b.c", "null", "undefined"])("that is %j makes its bearer anonymous", async (token) => {
    expect(await me(token)).toBeNull();
  });

  test.each(["Basic", "Token", ""])("is not accepted in a header of the scheme %j", async (scheme) => {
    expect(await whoIs(gateway, { authorization: `${scheme} ${customer.token}`.trim() })).toBeNull();
  });

  test("of one customer for the session of another is invalid", async () => {
    const { sid } = decodeJwt<{ sid: string }>(customer.token ?? "");
    const tokens = makeAccessTokens(makeSigningKeys(SESSION_SECRET, clock), clock);
    const ofOther = await tokens.issue({ customerId: "C-other", sessionId: sid });
    const ofNoSession = await tokens.issue({ customerId: customer.customerId, sessionId: randomUUID() });
    expect(await me(ofOther.accessToken)).toBeNull();
    expect(await me(ofNoSession.accessToken)).toBeNull();
  });
});

describe("refreshing a session", () => {
  test("issues a new pair, and the earlier access token stays valid until it expires", async () => {
    const session = await refreshed();
    expect(session.refreshToken).not.toBe(customer.refreshToken);
    expect(session.accessToken).not.toBe(customer.token);
    expect(session.expiresAt).toBe(new Date(clock.now().getTime() + 15 * MINUTE).toISOString());
    expect(await me(session.accessToken)).toBe(customer.customerId);
    expect(await me()).toBe(customer.customerId);
  });

  test("issues the same client the same successor for 20 seconds, and the session stays open", async () => {
    const session = await refreshed();
    clock.advance(20 * SECOND);
    const again = await refreshed();
    expect(again.refreshToken).toBe(session.refreshToken);
    expect(await me(again.accessToken)).toBe(customer.customerId);
    clock.advance(14 * MINUTE);
    const next = await refreshed(again.refreshToken);
    expect(next.refreshToken).not.toBe(session.refreshToken);
    expect(await audited()).toEqual([]);
  });

  test("many times at once issues the same successor each time", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => refreshed()));
    expect(new Set(answers.map(({ refreshToken }) => refreshToken)).size).toBe(1);
    await refreshed(answers[0]?.refreshToken);
  });

  test("issues a late tab the newest token, not one that another tab has used already", async () => {
    const { refreshToken: second } = await refreshed();
    const { refreshToken: third } = await refreshed(second);
    expect((await refreshed()).refreshToken).toBe(third);
    expect((await refreshed(second)).refreshToken).toBe(third);
    clock.advance(21 * SECOND);
    await refreshed(third);
  });

  const fromDevice = (nth: number) => ({ cookie: `tessera-device=${"d".repeat(21)}${nth}` });
  const reuses: [what: string, first: Record<string, string>, then: Record<string, string>, afterMs: number][] = [
    ["that was used more than 20 seconds before", {}, {}, 20 * SECOND + 1],
    ["that another program has just used", { "user-agent": "App/1" }, { "user-agent": "curl/8" }, 0],
    ["just used at another address", {}, { "x-forwarded-for": "198.51.100.7" }, 0],
    ["that another browser has just used", fromDevice(1), fromDevice(2), 0],
    ["that a browser has just used, without its cookie", fromDevice(1), {}, 0],
  ];
  test.each(reuses)("with a token %s ends the session and all its tokens", async (...row) => {
    const [, first, then, afterMs] = row;
    const post = async (refreshToken: string, headers: Record<string, string>) =>
      (await postRefresh(gateway, refreshToken, headers)).body.data?.refreshSession;
    written.clear();
    const session = (await post(customer.refreshToken, first))?.session;
    expect(await me(session?.accessToken)).toBe(customer.customerId);
    clock.advance(afterMs);
    expect(await post(customer.refreshToken, then)).toEqual(sessionOver);

    expect(await me()).toBeNull();
    expect(await me(session?.accessToken)).toBeNull();
    expect(await post(session?.refreshToken ?? "", first)).toEqual(sessionOver);
    expect(await gateway.sql("select end_reason from sessions where customer_id = $1", [customer.customerId])).toEqual([
      { end_reason: "refresh token reused" },
    ]);
    const by = afterMs > 0 ? "the same client" : "another client";
    expect(
      await gateway.sql("select action, details->>'by' as by from audit_log where subject = $1", [customer.customerId]),
    ).toEqual([{ action: "session.refresh-token-reused", by }]);
    expect(written.text()).toContain("A refresh token was used a second time");
  });

  test("by the same browser from another network counts as a repetition", async () => {
    const at = (address: string) => ({ ...fromDevice(3), "x-forwarded-for": address });
    const first = await postRefresh(gateway, customer.refreshToken, at("198.51.100.7"));
    const second = await postRefresh(gateway, customer.refreshToken, at("203.0.113.9"));
    const tokenOf = ({ body }: typeof first) => body.data?.refreshSession.session?.refreshToken;
    expect(tokenOf(second)).toBe(tokenOf(first));
    expect(tokenOf(first)).toBeTypeOf("string");
  });

  test("leaves the customer's other sessions alone", async () => {
    clock.advance(30 * SECOND);
    const other = await gateway.customer({ customerId: customer.customerId });
    await refreshed();
    clock.advance(21 * SECOND);
    await refresh(gateway, customer.refreshToken);
    expect(await me()).toBeNull();
    expect(await me(other.token)).toBe(customer.customerId);
  });

  test.each(["", "garbage", "A".repeat(43)])("with %j, which was never issued, is refused", async (token) => {
    expect(await refresh(gateway, token)).toEqual(sessionOver);
  });

  test("with the access token is refused", async () => {
    expect(await refresh(gateway, customer.token ?? "")).toEqual(sessionOver);
  });

  test("works until just before 14 idle days are over", async () => {
    clock.advance(14 * DAY - 1);
    await refreshed();
  });

  test("does not work after 14 idle days", async () => {
    clock.advance(14 * DAY);
    expect(await refresh(gateway, customer.refreshToken)).toEqual(sessionOver);
  });

  test("cannot extend a session beyond 90 days", async () => {
    let { refreshToken } = customer;
    for (let day = 10; day < 90; day += 10) {
      clock.advance(10 * DAY);
      ({ refreshToken } = await refreshed(refreshToken));
    }
    clock.advance(10 * DAY - 1);
    const last = await refreshed(refreshToken);
    expect(await me(last.accessToken)).toBe(customer.customerId);

    clock.advance(1);
    expect(await me(last.accessToken)).toBeNull();
    expect(await refresh(gateway, last.refreshToken)).toEqual(sessionOver);
  });
});

describe("another program", () => {
  const jwks = () => new URL("/.well-known/jwks.json", gateway.url);

  test("verifies tokens with the published keys, which may be cached for five minutes", async () => {
    const { payload } = await jwtVerify(customer.token ?? "", createRemoteJWKSet(jwks()), {
      issuer: "tessera",
      audience: "tessera",
      typ: "at+jwt",
      algorithms: ["ES256"],
      currentDate: clock.now(),
    });
    expect(payload.sub).toBe(customer.customerId);
    const { headers } = await fetch(jwks());
    expect(headers.get("cache-control")).toBe("public, max-age=300");
    expect(headers.get("content-type")).toContain("json");
  });

  test("has the next key before its first signature, and sessions survive the change", async () => {
    const leftMs = SIGNING_PERIOD_MS - (clock.now().getTime() % SIGNING_PERIOD_MS);
    clock.advance(leftMs - 5 * MINUTE);
    const before = await gateway.customer();
    const { keys } = (await (await fetch(jwks())).json()) as { keys: { kid: string }[] };
    clock.advance(10 * MINUTE);
    expect(await me(before.token)).toBe(before.customerId);
    const { accessToken, refreshToken } = await refreshed(before.refreshToken);
    expect(await me(accessToken)).toBe(before.customerId);
    const kid = (token = "") => decodeProtectedHeader(token).kid;
    expect(kid(accessToken)).not.toBe(kid(before.token));
    expect(keys.map((key) => key.kid)).toEqual([kid(before.token), kid(accessToken)]);
    await gateway.restart();
    expect(await me(accessToken)).toBe(before.customerId);
    await refreshed(refreshToken);
  });
});

describe("signing out", () => {
  test("ends the session at once", async () => {
    expect(await me()).toBe(customer.customerId);
    await signOut();
    expect(await me()).toBeNull();
    expect(await refresh(gateway, customer.refreshToken)).toEqual(sessionOver);
    expect(await audited()).toEqual(["session.end"]);
  });

  test("leaves the customer's other sessions alone", async () => {
    clock.advance(30 * SECOND);
    const other = await gateway.customer({ customerId: customer.customerId });
    await signOut();
    expect(await me(other.token)).toBe(customer.customerId);
  });

  test("twice, or without a session, succeeds", async () => {
    await signOut();
    await signOut();
    await gateway.anonymous.ok("mutation { signOut { userErrors { code } } }");
  });
});

test("a session survives a restart of the gateway", async () => {
  await gateway.restart();
  expect(await me()).toBe(customer.customerId);
  await refreshed();
});

test("a session that another process ended is refused within a second", async () => {
  expect(await me()).toBe(customer.customerId);
  await gateway.sql("update sessions set ended_at = now() where customer_id = $1", [customer.customerId]);
  clock.advance(1 * SECOND);
  expect(await me()).toBeNull();
});

test("a session that ends during its lookup is not cached as alive", async () => {
  const bus = makeLocalBus();
  const row = { id: "s-1", customerId: "C-1", expiresAt: new Date("2100-01-01"), endedAt: null as Date | null };
  const $queryRaw = vi.fn(async () => [{ ...row }]);
  const updateManyAndReturn = vi.fn(async () => {
    row.endedAt = clock.now();
    return [row];
  });
  const tx = { session: { updateManyAndReturn }, auditEntry: { create: async () => {} } };
  const db = { $queryRaw, $transaction: (work: (with_: typeof tx) => unknown) => work(tx) };
  const sessions = makeSessionStore({
    db: db as unknown as Db,
    ...{ bus, clock, log: written.log },
    cipher: makeCipher("secret", "test"),
    refreshTokens: makeCipher("secret", "refresh"),
  });

  $queryRaw.mockImplementationOnce(async () => {
    const asItWas = { ...row };
    await sessions.end("s-1", "signed out");
    return [asItWas];
  });
  await sessions.live("s-1");
  expect(await sessions.live("s-1")).toBeNull();
});
