import { randomUUID } from "node:crypto";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { makeAccessTokens } from "../../src/auth/access-token.ts";
import { makeSessionStore } from "../../src/auth/session.store.ts";
import type { Db } from "../../src/platform/db.ts";
import { makeLocalBus } from "../../src/platform/events.ts";
import { makeSecretBox } from "../../src/platform/secret-box.ts";
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
  gateway = await startTestGateway({}, { clock, log: written.log });
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
      message: "This session is over. Sign in again.",
      field: null,
    },
  ],
};
/** Trades a refresh token that must be good. */
async function refreshed(refreshToken = customer.refreshToken) {
  const { session, userErrors } = await refresh(gateway, refreshToken);
  if (!session) throw new Error(`not refreshed: ${JSON.stringify(userErrors)}`);
  return session;
}

describe("an access token", () => {
  test("is of the customer and of the session that was opened", async () => {
    const [session] = await gateway.sql<{ id: string }>("select id from sessions where customer_id = $1", [
      customer.customerId,
    ]);
    expect(decodeJwt(customer.token ?? "")).toMatchObject({ sub: customer.customerId, sid: session?.id });
    expect(await me()).toBe(customer.customerId);
  });

  test("that has ended makes its bearer anonymous, who may still refresh the session", async () => {
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

  test.each(["Basic", "Token", ""])("is not taken in a header of the scheme %j", async (scheme) => {
    expect(await whoIs(gateway, { authorization: `${scheme} ${customer.token}`.trim() })).toBeNull();
  });

  test("of one customer for the session of another is worth nothing", async () => {
    const { sid } = decodeJwt<{ sid: string }>(customer.token ?? "");
    const tokens = makeAccessTokens(SESSION_SECRET, clock);
    const ofOther = await tokens.issue({ customerId: "C-other", sessionId: sid });
    const ofNoSession = await tokens.issue({ customerId: customer.customerId, sessionId: randomUUID() });
    expect(await me(ofOther.accessToken)).toBeNull();
    expect(await me(ofNoSession.accessToken)).toBeNull();
  });
});

describe("refreshing a session", () => {
  test("gives a new pair, and the earlier access token lives on to its end", async () => {
    const session = await refreshed();
    expect(session.refreshToken).not.toBe(customer.refreshToken);
    expect(session.accessToken).not.toBe(customer.token);
    expect(session.expiresAt).toBe(new Date(clock.now().getTime() + 15 * MINUTE).toISOString());
    expect(await me(session.accessToken)).toBe(customer.customerId);
    expect(await me()).toBe(customer.customerId);
  });

  test("with a token that was used before ends the session and everything that belongs to it", async () => {
    const session = await refreshed();
    expect(await me(session.accessToken)).toBe(customer.customerId);
    expect(await refresh(gateway, customer.refreshToken)).toEqual(sessionOver);

    expect(await me()).toBeNull();
    expect(await me(session.accessToken)).toBeNull();
    expect(await refresh(gateway, session.refreshToken)).toEqual(sessionOver);
    expect(await gateway.sql("select end_reason from sessions where customer_id = $1", [customer.customerId])).toEqual([
      { end_reason: "refresh token reused" },
    ]);
    expect(await audited()).toEqual(["session.refresh-token-reused"]);
    expect(written.text()).toContain("A refresh token was used a second time");
  });

  test("twice at once succeeds once, and ends the session", async () => {
    const answers = await Promise.all([
      refresh(gateway, customer.refreshToken),
      refresh(gateway, customer.refreshToken),
    ]);
    const sessions = answers.flatMap((answer) => answer.session ?? []);
    expect(sessions).toHaveLength(1);
    expect(answers).toContainEqual(sessionOver);
    expect(await me(sessions[0]?.accessToken)).toBeNull();
  });

  test("leaves the customer's other sessions alone", async () => {
    clock.advance(30 * SECOND);
    const other = await gateway.customer({ customerId: customer.customerId });
    await refreshed();
    await refresh(gateway, customer.refreshToken);
    expect(await me()).toBeNull();
    expect(await me(other.token)).toBe(customer.customerId);
  });

  test.each(["", "garbage", "A".repeat(43)])("with %j, which nobody was given, is refused", async (token) => {
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

  test("cannot keep a session alive for longer than 90 days", async () => {
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

  test("twice, or without having signed in, is fine", async () => {
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

test("a session ended by another process is known to be over a second later at most", async () => {
  expect(await me()).toBe(customer.customerId);
  await gateway.sql("update sessions set ended_at = now() where customer_id = $1", [customer.customerId]);
  clock.advance(1 * SECOND);
  expect(await me()).toBeNull();
});

test("a session that ends while it is looked up is not remembered as alive", async () => {
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
    box: makeSecretBox("secret", "test"),
  });

  $queryRaw.mockImplementationOnce(async () => {
    const asItWas = { ...row };
    await sessions.end("s-1", "signed out");
    return [asItWas];
  });
  await sessions.live("s-1");
  expect(await sessions.live("s-1")).toBeNull();
});
