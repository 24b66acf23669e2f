import { randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { makeVoucherVault } from "../../src/catalog/index.ts";
import { ConfigError } from "../../src/config/config.ts";
import { ROUTER_HEADER } from "../../src/graphql/trusted-router.ts";
import { makeCipher } from "../../src/platform/cipher.ts";
import { openDb } from "../../src/platform/db.ts";
import { sign } from "../../src/platform/webhook-signature.ts";
import { resealSecrets } from "../../src/program/reseal-secrets.ts";
import { addSubscription, makeBrowser, startPushService } from "../push/support.ts";
import { MINUTE, makeTestClock } from "../support/clock.ts";
import {
  OPERATOR_TOKEN,
  REWARD_SERVICE_TOKEN,
  ROUTER_SECRET,
  SESSION_SECRET,
  startTestGateway,
  type TestGateway,
  WEBHOOK_SECRET,
} from "../support/gateway.ts";
import { makeCaller } from "../support/graphql.ts";
import { cookieHeader, post } from "../support/http.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";
import { win } from "../support/rewards/prizes.ts";
import { link, post as send } from "../support/rewards/rewards.ts";
import { bearer, postRefresh, postVerifyOtp, refresh, requestOtp, sentOtp, whoIs } from "../support/sign-in.ts";

const NEXT = "the next secret, which nobody else knows either";
const LAST = { SESSION_SECRET: NEXT, SESSION_SECRET_FALLBACK: SESSION_SECRET };
/** Before a rotation, every process reads with the next value and writes with the current one. */
const announced = { SESSION_SECRET_FALLBACK: NEXT, VOUCHER_SECRET_FALLBACK: NEXT };
const rotated = { ...LAST, VOUCHER_SECRET: NEXT, VOUCHER_SECRET_FALLBACK: SESSION_SECRET };
const over = { SESSION_SECRET: NEXT, VOUCHER_SECRET: NEXT };

const clock = makeTestClock();
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ CATALOG_SYNC_SECONDS: "0" }, { clock });
});
afterAll(() => gateway[Symbol.asyncDispose]());
/** For the next test, everything is encrypted with the first secret again. */
async function sealBack(): Promise<void> {
  await reseal({ current: SESSION_SECRET, fallback: NEXT });
  await gateway.restart();
}

/** `npm run secrets:reseal`. @returns the number of re-encrypted ciphertexts by kind, and the problems */
async function reseal(secrets = { current: NEXT, fallback: SESSION_SECRET }) {
  const db = openDb(gateway.databaseUrl, 2);
  const results = await resealSecrets(db, { sessionSecrets: secrets, voucherSecrets: secrets });
  await db.$disconnect();
  return {
    resealed: Object.fromEntries(results.map(({ kind, resealed }) => [kind, resealed])),
    problems: results.flatMap(({ kind, problems }) => problems.map(({ problem }) => `${kind}: ${problem}`)),
  };
}

describe("a new SESSION_SECRET with the last one as the fallback", () => {
  afterEach(sealBack);

  test("signs no customer out: all tokens are valid before, during and after the rotation", async () => {
    const customer = await gateway.customer({ balance: 900 });
    await gateway.restart(announced);
    expect(await whoIs(gateway, bearer(customer.token ?? ""))).toBe(customer.customerId);
    const announcedSession = (await refresh(gateway, customer.refreshToken)).session;

    await gateway.restart(rotated);
    const jwks = (await (await fetch(`${gateway.url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] };
    expect(new Set(jwks.keys.map(({ kid }) => kid)).size).toBe(4);
    expect(await whoIs(gateway, bearer(customer.token ?? ""))).toBe(customer.customerId);
    expect(await whoIs(gateway, bearer(announcedSession?.accessToken ?? ""))).toBe(customer.customerId);
    const { session } = await refresh(gateway, announcedSession?.refreshToken ?? "");
    const balanceBy = async (token: string) =>
      (
        await makeCaller(() => gateway.url, token).ok<{ me: { wallet: { balance: number } } }>(
          "{ me { wallet { balance } } }",
        )
      ).me.wallet.balance;
    expect(await balanceBy(session?.accessToken ?? "")).toBe(900);

    expect((await reseal()).resealed).toMatchObject({ "tokens of sessions": expect.any(Number) });
    expect(await reseal()).toEqual({
      resealed: {
        "push subscriptions": 0,
        "operators' authenticator apps": 0,
        "secrets of webhooks": 0,
        "tokens of sessions": 0,
        "tokens of orders": 0,
        "voucher codes": 0,
        "seeds of draws": 0,
        "data keys": 0,
      },
      problems: [],
    });
    await gateway.restart(over);
    expect(await balanceBy(session?.accessToken ?? "")).toBe(900);
    expect((await refresh(gateway, session?.refreshToken ?? "")).userErrors).toEqual([]);
    // A token of the last secret ends with the fallback; the session behind it does not.
    expect(await whoIs(gateway, bearer(customer.token ?? ""))).toBeNull();
  });

  test("keeps browsers' notifications on", async () => {
    const push = { WEBHOOKS_TO_PRIVATE_ADDRESSES: "true", PUSH_SERVICES: "127.0.0.1" };
    await using service = await startPushService();
    await gateway.restart({ ...announced, ...push });
    const customer = await gateway.customer();
    const { decrypt, ...keys } = makeBrowser();
    await addSubscription(customer, { endpoint: service.endpoint("rotated"), ...keys });
    await gateway.restart({ ...rotated, ...push });
    expect((await reseal()).resealed).toMatchObject({ "push subscriptions": 1 });
    await gateway.restart({ ...over, ...push });
    await gateway.sql(
      `select tell_member($1, 'AWARD_CREDITED', '{"awardId": "a", "unit": "POINTS", "quantity": 5}', now())`,
      [customer.customerId],
    );
    const [arrived] = await service.when("rotated");
    expect(decrypt(arrived?.body ?? Buffer.alloc(0)).title).toBe("5 points added");
    await gateway.sql("delete from push_subscriptions");
  });

  test("answers a refresh repeated across the rotation with the existing token", async () => {
    const customer = await gateway.customer();
    const first = (await refresh(gateway, customer.refreshToken)).session?.refreshToken;
    await gateway.restart(rotated);
    const again = await refresh(gateway, customer.refreshToken);
    expect(again.session?.refreshToken).toBe(first);
    const second = (await refresh(gateway, first ?? "")).session?.refreshToken ?? "";
    // Two steps, of which one was derived from each secret.
    expect((await refresh(gateway, customer.refreshToken)).session?.refreshToken).toBe(second);
    expect((await refresh(gateway, second)).userErrors).toEqual([]);
  });

  test("keeps a sign-in in progress, its known browser, and its count of requests", async () => {
    const customerId = "C-in-between";
    gateway.sandbox.client.addCustomer({ customer_id: customerId, balance: 5, mobile: "97XXXXXX31" });
    const { cookies } = await post(gateway.url, { query: "{ __typename }" }, { origin: gateway.url });
    const browser = () => ({ origin: gateway.url, cookie: cookieHeader(cookies) });
    const asked = await requestOtp(gateway, customerId, browser());
    const otp = await sentOtp(gateway, customerId);

    await gateway.restart(rotated);
    const tooSoon = await requestOtp(gateway, customerId, browser());
    expect(tooSoon.userErrors).toMatchObject([{ code: "OTP_THROTTLED" }]);
    const { body } = await postVerifyOtp(gateway, { challengeId: asked.challengeId ?? "", otp }, browser());
    expect(body.data?.verifyOtp.customer?.customerId).toBe(customerId);

    // Reversed, so that the hash of the known browser is of the fallback.
    await gateway.restart({ SESSION_SECRET, SESSION_SECRET_FALLBACK: NEXT });
    clock.advance(10 * MINUTE);
    expect((await requestOtp(gateway, customerId, browser())).userErrors).toEqual([]);
    expect(
      await gateway.sql(
        "select is_known_device from otp_challenges where customer_id = $1 order by created_at desc limit 1",
        [customerId],
      ),
    ).toEqual([{ is_known_device: true }]);
  });

  test("lets an order with an unknown deduction finish by the evidence that its own token reads", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const reward = await gateway.voucher({ points: 100 });
    const deduction = gateway.fault("redeem", { fault: "hold", commit: true });
    const order = await placeOrder(customer, reward.id);
    await gateway.sandbox.faults.held(deduction);
    gateway.fault("points", { fault: "http-500", times: 1_000 }); // no evidence before the restart
    gateway.sandbox.faults.release({ id: deduction.id, with: "drop" });
    await gateway.restart(rotated, async () => {
      gateway.sandbox.faults.clear();
      expect((await reseal()).resealed).toMatchObject({ "tokens of orders": 1 });
    });
    const renewed = (await refresh(gateway, customer.refreshToken)).session?.accessToken;
    const settled = await orderSettled(
      makeCaller(() => gateway.url, renewed),
      order,
    );
    expect([settled.status, settled.pointsState]).toEqual(["FULFILLED", "TAKEN"]);
    expect(gateway.ledgerOf(customer)).toEqual([1_000, -100]);
  });

  test("is accepted by processes of the previous step, which sign with the other value", async () => {
    const customer = await gateway.customer();
    await gateway.restart(announced);
    const other = await startTestGateway({ DATABASE_URL: gateway.databaseUrl, ...rotated }, { clock });
    await using _ = other;
    const { session } = (await postRefresh(other, customer.refreshToken)).body.data?.refreshSession ?? {};
    expect(await whoIs(gateway, bearer(session?.accessToken ?? ""))).toBe(customer.customerId);
    expect(await whoIs(other, bearer(customer.token ?? ""))).toBe(customer.customerId);
    expect((await refresh(gateway, session?.refreshToken ?? "")).userErrors).toEqual([]);
  });
});

describe("a new VOUCHER_SECRET with the last one as the fallback", () => {
  afterEach(sealBack);

  test("leaves vouchers, draws and national ids readable, and the old one is not needed after resealing", async () => {
    const nik = "3171234509870005";
    const customer = await gateway.customer();
    await link(gateway, { customerId: customer.customerId, userId: "4711", nik });
    const reward = await gateway.voucher({ codes: 3, points: 10 });
    const order = await orderSettled(customer, await placeOrder(customer, reward.id));
    const { drawId, userId } = await win(gateway, { kind: "points", points: 5 });
    const reveal = async () => {
      const { revealVoucher } = await customer.ok<{ revealVoucher: { vouchers: { code: string }[] } }>(
        "mutation ($id: ID!) { revealVoucher(input: { orderLineId: $id }) { vouchers { code } userErrors { code } } }",
        { id: order.lines[0]?.id },
      );
      return revealVoucher.vouchers.map(({ code }) => code);
    };
    /** Whether the pool recognises the same codes, with either secret's hashes. */
    const importAgain = () =>
      gateway.operator.ok<{ importVoucherCodes: { imported: number; rejected: { reason: string }[] } }>(
        "mutation ($input: ImportVoucherCodesInput!) { importVoucherCodes(input: $input) { imported rejected { reason } } }",
        { input: { rewardId: reward.id, rows: reward.codes.map((code) => ({ code })) } },
      );
    /** Draws another ticket, which reads the draw's seed. @returns the number of new tickets */
    const buyTicket = async () => {
      const tickets = () => gateway.sql("select 1 from draw_tickets where draw_id = $1", [drawId]);
      const before = (await tickets()).length;
      const transaction = [{ date: "2024-02-08T11:22:06", amount: 150 }];
      await send(gateway, { Action: "luckydraw", Data: { id: userId, trxId: randomUUID(), transaction } });
      return (await tickets()).length - before;
    };
    const seen = async () => ({
      codes: await reveal(),
      linkedTo: (await link(gateway, { customerId: customer.customerId, nik })).linkMember,
      members: await gateway.sql(
        "select count(distinct member_id)::int as count from member_identities where kind = 'NIK'",
      ),
      imported: (await importAgain()).importVoucherCodes,
      ticket: await buyTicket(),
    });
    const before = await seen();
    expect(reward.codes).toContain(before.codes[0]);
    expect(before.ticket).toBe(1);
    expect(before.imported).toEqual({
      imported: 0,
      rejected: Array.from({ length: 3 }, () => ({ reason: "already in the pool" })),
    });

    await gateway.restart({ ...announced });
    expect(await seen()).toEqual(before);
    await gateway.restart(rotated);
    expect(await seen()).toEqual(before);
    const { resealed, problems } = await reseal();
    expect(resealed).toMatchObject({ "seeds of draws": 1, "data keys": 1 });
    expect(resealed["voucher codes"]).toBeGreaterThanOrEqual(3);
    expect(problems).toEqual([]);
    await gateway.restart({ ...over, SESSION_SECRET, SESSION_SECRET_FALLBACK: NEXT });
    expect(await seen()).toEqual(before);
  });

  test("keeps the secrets of webhooks, current and previous", async () => {
    const name = `hook-${randomUUID()}`;
    const make = (mutation: string, input: string, more = "") =>
      gateway.operator.ok<{ it: { secret: string } }>(
        `mutation ($name: String!) { it: ${mutation}(input: { name: $name ${more} }) { secret ${input} } }`,
        { name },
      );
    const url = `url: "https://receiver.example/", eventTypes: [TEST]`;
    const { it: first } = await make("createWebhook", "webhook { name }", url);
    const { it: second } = await make("rotateWebhookSecret", "webhook { name }");
    expect((await reseal()).resealed["secrets of webhooks"]).toBe(1);
    const box = makeCipher({ current: NEXT, fallback: undefined }, "webhook");
    const [row] = await gateway.sql<{ id: string; secret: Buffer; last_secret: Buffer }>(
      "select id, secret, last_secret from webhooks where name = $1",
      [name],
    );
    const opened = [row?.secret, row?.last_secret].map((sealed) =>
      box.decrypt(new Uint8Array(sealed ?? []), row?.id ?? ""),
    );
    expect(opened).toEqual([second.secret, first.secret]);
    await gateway.sql("delete from webhooks");
  });

  test("reports duplicate codes of a pool and rows that no secret decrypts, and re-encrypts the others", async () => {
    const { sku, codes } = await gateway.voucher({ codes: 3 });
    const [reward] = await gateway.sql<{ id: string }>("select id from rewards where sku = $1", [sku]);
    await gateway.sql("update voucher_codes set code = $2 where reward_id = $1 and masked_code like '%-2'", [
      reward?.id,
      Buffer.alloc(40),
    ]);
    // The same code a second time, as processes with either value in front could store it in the same second.
    const next = makeVoucherVault(makeCipher(NEXT, "voucher"));
    const twin = next.seal({ rewardId: reward?.id ?? "", code: codes[0] ?? "" });
    await gateway.sql(
      "insert into voucher_codes (id, reward_id, code, code_hash, masked_code) values ($1, $2, $3, $4, $5)",
      [twin.id, reward?.id, twin.code, twin.codeHash, twin.maskedCode],
    );

    const { problems, resealed } = await reseal();
    expect(problems.toSorted()).toEqual([
      "voucher codes: neither the secret nor its fallback opens it",
      "voucher codes: the reward's pool has this code a second time: withdraw one of the two, and run this again",
    ]);
    expect(resealed["voucher codes"]).toBeGreaterThanOrEqual(1);
    await gateway.sql("delete from voucher_codes where reward_id = $1", [reward?.id]);
  });

  test("is refused on this version's first start if the secret of national ids' hashes is unclear", async () => {
    await link(gateway, { customerId: "c-first", userId: "4712", nik: "3171234509870006" });
    const [key] = await gateway.sql<{ sealed: Buffer }>("delete from data_keys returning sealed");
    const start = (env: Record<string, string>) => startTestGateway({ DATABASE_URL: gateway.databaseUrl, ...env });
    await expect(start(rotated)).rejects.toThrow(/start this version once without them/);
    await gateway.sql("insert into data_keys (purpose, sealed) values ('nik', $1)", [key?.sealed]);
    await expect(start({ SESSION_SECRET: NEXT, VOUCHER_SECRET: NEXT })).rejects.toThrow(ConfigError);
  });
});

describe("a token or a key", () => {
  const last = {
    OPERATOR_TOKEN,
    REWARD_SERVICE_TOKEN,
    ROUTER_SECRET,
    WEBHOOK_SECRET,
    CLIENT_HANDOFF_KEY: "the-last-key-of-the-brand's-app, long enough",
  };
  const settings = (change: (name: string, value: string) => [name: string, value: string]) =>
    Object.fromEntries(Object.entries(last).map(([name, value]) => change(name, value)));
  const next = settings((name) => [name, `the-next-${name}-that-is-long-enough`]) as typeof last;
  const fallbacks = settings((name, value) => [`${name}_FALLBACK`, value]);

  const isOperator = async (token: string) =>
    (await makeCaller(() => gateway.url, token).send("{ auditLog(first: 1) { nodes { action } } }")).errors ===
    undefined;
  const isService = async (token: string) =>
    (await fetch(`${gateway.url}/reward-processor`, { method: "POST", headers: bearer(token) })).status !== 401;
  const routerStatus = async (secret: string) =>
    (await post(gateway.url, { query: "{ __typename }" }, { [ROUTER_HEADER]: secret })).status;
  const webhookStatus = async (secret: string) => {
    const body = "{}";
    const headers = { "content-type": "application/json", "x-tessera-signature": sign(body, secret, clock.now()) };
    return (await fetch(`${gateway.url}/webhooks/fulfilment`, { method: "POST", headers, body })).status;
  };
  /** The customer of a sign-in link, or the code of its refusal. */
  const signedInBy = async (key: string, seconds = 600) => {
    const exp = Math.floor(clock.now().getTime() / 1_000) + seconds;
    const claims = { sub: "C-app", exp, jti: randomUUID() };
    const token = await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(key));
    const query = `mutation ($input: SignInWithTokenInput!) { signInWithToken(input: $input) {
      customer { customerId } userErrors { code } } }`;
    const { body } = await post<{
      signInWithToken: { customer: { customerId: string } | null; userErrors: { code: string }[] };
    }>(gateway.url, { query, variables: { input: { token, customerId: "C-app" } } });
    const answer = body.data?.signInWithToken;
    return answer?.userErrors[0]?.code ?? answer?.customer?.customerId;
  };

  describe.each([
    { title: "with the last value as the fallback, is accepted with either value:", env: fallbacks, isLastGood: true },
    { title: "without a fallback, is accepted with the new value alone:", env: {}, isLastGood: false },
  ])("$title", ({ env, isLastGood }) => {
    beforeAll(() => gateway.restart({ ...next, ...env }));

    test.each([
      ["OPERATOR_TOKEN", isOperator],
      ["REWARD_SERVICE_TOKEN", isService],
    ] as const)("%s", async (name, isGood) => {
      const tokens = [next[name], last[name], "another-token-of-nobody"];
      expect(await Promise.all(tokens.map(isGood))).toEqual([true, isLastGood, false]);
    });

    test("ROUTER_SECRET", async () => {
      const secrets = [next.ROUTER_SECRET, ROUTER_SECRET, "wrong"];
      expect(await Promise.all(secrets.map(routerStatus))).toEqual([200, isLastGood ? 200 : 401, 401]);
    });

    test("WEBHOOK_SECRET, of reports", async () => {
      const secrets = [next.WEBHOOK_SECRET, WEBHOOK_SECRET, "wrong"];
      expect(await Promise.all(secrets.map(webhookStatus))).toEqual([400, isLastGood ? 400 : 401, 401]);
    });

    test("CLIENT_HANDOFF_KEY, of sign-in links", async () => {
      expect(await signedInBy(next.CLIENT_HANDOFF_KEY)).toBe("C-app");
      expect(await signedInBy(last.CLIENT_HANDOFF_KEY)).toBe(isLastGood ? "C-app" : "SIGN_IN_LINK_INVALID");
      const ended = isLastGood ? "SIGN_IN_LINK_EXPIRED" : "SIGN_IN_LINK_INVALID";
      expect(await signedInBy(last.CLIENT_HANDOFF_KEY, -600)).toBe(ended);
      expect(await signedInBy("a key of nobody's app, which is long enough")).toBe("SIGN_IN_LINK_INVALID");
    });
  });
});
