import { createHmac, generateKeyPairSync } from "node:crypto";
import { type CryptoKey, type JWTPayload, type KeyObject, SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { customerTokenKey } from "../../sandbox/client/credentials.ts";
import { type Customer, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { cookieHeader, type HttpAnswer, post } from "../support/http.ts";
import { type CapturedLog, captureLog } from "../support/log.ts";
import { KEYS, makeOidcIssuer } from "../support/oidc-issuer.ts";
import { bearer, refresh, type SeenRefusal, type SeenSession, whoIs } from "../support/sign-in.ts";

const TRIES = 6;
const settings = {
  CLIENT_HANDOFF_KEY: customerTokenKey,
  OTP_PER_ADDRESS_HOUR: String(TRIES),
  TRUST_PROXY: "127.0.0.1",
};
let gateway: TestGateway;
let captured: CapturedLog;
let customer: Customer;
beforeAll(async () => {
  captured = await captureLog();
  gateway = await startTestGateway(settings, { log: captured.log });
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** An address without earlier requests. */
let address: string;
let addresses = 0;
beforeEach(async () => {
  addresses += 1;
  address = `10.1.${addresses >> 8}.${addresses & 255}`;
  captured.clear();
});
beforeAll(async () => {
  customer = await gateway.customer({ balance: 700 });
});

type Changes = Partial<Record<string, unknown>>;
type Key = Uint8Array | CryptoKey | KeyObject;
const secretOf = (text: string) => new TextEncoder().encode(text);
const now = () => Math.floor(Date.now() / 1_000);

let tokens = 0;
/** A token as the points provider signs it, with changes; undefined removes a claim. */
function tokenOf(changes: Changes = {}, key: Key = secretOf(customerTokenKey), alg = "HS256") {
  tokens += 1;
  const claims = { sub: customer.customerId, exp: now() + 600, jti: `t-${tokens}`, ...changes };
  return new SignJWT(JSON.parse(JSON.stringify(claims)) as JWTPayload).setProtectedHeader({ alg }).sign(key);
}

interface Answer {
  signInWithToken: {
    session: SeenSession | null;
    customer: { customerId: string; maskedMobile: string | null } | null;
    userErrors: SeenRefusal[];
  };
}
const query = `mutation ($input: SignInWithTokenInput!) { signInWithToken(input: $input) {
  session { accessToken refreshToken expiresAt } customer { customerId maskedMobile }
  userErrors { __typename code message field ... on SignInThrottled { retryAt } } } }`;
const open = (token: string, customerId = customer.customerId, headers = {}): Promise<HttpAnswer<Answer>> =>
  post<Answer>(
    gateway.url,
    { query, variables: { input: { token, customerId } } },
    { "x-forwarded-for": address, ...headers },
  );
/** The refusal's code, or the customer of the new session. */
async function outcomeOf(token: string, customerId?: string): Promise<string | undefined> {
  const { data, errors } = (await open(token, customerId)).body;
  const answer = data?.signInWithToken;
  return errors?.[0]?.extensions.code ?? answer?.userErrors[0]?.code ?? answer?.customer?.customerId;
}

describe("a link from the brand's own app", () => {
  test("opens a session like a one-time password", async () => {
    const token = await tokenOf();
    const { body, cookies, cookieAttributes } = await open(token);
    const { session, customer: found, userErrors } = body.data?.signInWithToken ?? {};
    expect([found, userErrors]).toEqual([{ customerId: customer.customerId, maskedMobile: "98XXXXXX45" }, []]);
    expect(cookies.get("tessera-access")).toBe(session?.accessToken);
    expect(cookies.get("tessera-refresh")).toBe(session?.refreshToken);
    expect(cookieAttributes.get("tessera-refresh")).toEqual(expect.arrayContaining(["httponly", "samesite=lax"]));
    expect(await whoIs(gateway, bearer(session?.accessToken ?? ""))).toBe(customer.customerId);
    expect((await refresh(gateway, session?.refreshToken ?? "")).userErrors).toEqual([]);

    const [row] = await gateway.sql<{ client_token: Buffer; expires: Date }>(
      "select client_token, client_token_expires_at as expires from sessions where customer_id = $1 order by created_at desc limit 1",
      [customer.customerId],
    );
    expect(row?.client_token.includes(token.slice(0, 10))).toBe(false);
    expect(row?.expires.getTime()).toBeGreaterThan(Date.now());
  });

  test("with the provider's own token opens a session that reads the wallet with it, and is audited", async () => {
    const newcomer = "CUST00001";
    const link = await fetch(`${gateway.sandbox.url}/__sandbox/client/sign-in-link?customer_id=${newcomer}`);
    const { searchParams, pathname, origin } = new URL(((await link.json()) as { url: string }).url);
    expect([origin, pathname, searchParams.get("uid")]).toEqual(["http://localhost:4000", "/signin", newcomer]);

    const { body } = await open(searchParams.get("token") ?? "", newcomer);
    const answer = body.data?.signInWithToken;
    expect(answer?.customer).toEqual({ customerId: newcomer, maskedMobile: null });
    const wallet = await post(
      gateway.url,
      { query: "{ me { wallet { balance } } }" },
      bearer(answer?.session?.accessToken ?? ""),
    );
    expect(wallet.body).toEqual({ data: { me: { wallet: { balance: 0 } } } });
    expect(
      await gateway.sql("select actor, action, details->>'sessionId' is not null as session from audit_log"),
    ).toContainEqual({ actor: newcomer, action: "session.hand-off", session: true });
  });

  test("ends the browser's earlier session, and no other", async () => {
    const [before, elsewhere] = [await gateway.customer(), await gateway.customer()];
    const cookies = new Map([
      ["tessera-access", before.token ?? ""],
      ["tessera-refresh", before.refreshToken],
    ]);
    const answer = await open(await tokenOf(), customer.customerId, { cookie: cookieHeader(cookies) });
    expect(await whoIs(gateway, { cookie: cookieHeader(answer.cookies) })).toBe(customer.customerId);
    expect(await whoIs(gateway, bearer(before.token ?? ""))).toBe(null);
    expect((await refresh(gateway, before.refreshToken)).userErrors[0]?.code).toBe("SESSION_EXPIRED");
    expect(await whoIs(gateway, bearer(elsewhere.token ?? ""))).toBe(elsewhere.customerId);
  });

  test("that is refused leaves the browser's session alone", async () => {
    const before = await gateway.customer();
    const cookie = cookieHeader(
      new Map([
        ["tessera-access", before.token ?? ""],
        ["tessera-refresh", before.refreshToken],
      ]),
    );
    const { cookies } = await open("nonsense", customer.customerId, { cookie });
    expect([...cookies]).toEqual([]);
    expect(await whoIs(gateway, { cookie })).toBe(before.customerId);
  });
});

const unsigned = (header: object, payload: object, signature = "") =>
  `${[header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.${signature}`;

describe("a token is refused", () => {
  test.each<[why: string, make: () => Promise<string> | string, code?: string]>([
    ["that another key has signed", () => tokenOf({}, secretOf("another key that is long enough too"))],
    ["of another customer", () => tokenOf({ sub: "CUST12345" })],
    ["without a subject", () => tokenOf({ sub: undefined })],
    ["with a customer that is not text", () => tokenOf({ sub: undefined, uid: customer.customerId })],
    ["that is not signed", () => unsigned({ alg: "none" }, { sub: customer.customerId, exp: now() + 600 })],
    ["that names no algorithm", () => unsigned({}, { sub: customer.customerId, exp: now() + 600 })],
    ["that is signed otherwise", () => tokenOf({}, secretOf(customerTokenKey.repeat(2)), "HS512")],
    ["with the same secret, by another algorithm", () => tokenOf({}, secretOf(customerTokenKey), "HS384")],
    ["that has expired", () => tokenOf({ exp: now() - 60 }), "SIGN_IN_LINK_EXPIRED"],
    ["that has expired and is another's", () => tokenOf({ exp: now() - 60 }, secretOf("k".repeat(32)))],
    ["that never expires", () => tokenOf({ exp: undefined })],
    ["that is good for longer than a day", () => tokenOf({ exp: now() + 86_400 + 120 })],
    ["that is not valid yet", () => tokenOf({ nbf: now() + 300 })],
    ["with an expiry that is not a number", () => tokenOf({ exp: "tomorrow" })],
    ["that is none", () => "nonsense"],
    ["that is empty", () => ""],
    ["that is endless", () => `${"a".repeat(9_000)}.b.c`],
    [
      "with a critical extension",
      () => unsigned({ alg: "HS256", crit: ["x"], x: 1 }, { sub: customer.customerId, exp: now() + 600 }, "x"),
    ],
  ])("%s", async (_, make, code = "SIGN_IN_LINK_INVALID") => {
    expect(await outcomeOf(await make())).toBe(code);
  });

  test.each(["", "a b", "x".repeat(65), "CUST'--"])("for the customer id %j", async (customerId) => {
    expect(await outcomeOf(await tokenOf({ sub: customerId }), customerId)).toBe("SIGN_IN_LINK_INVALID");
  });
});

describe("a token is valid once", () => {
  test("even if its signature is encoded in another way", async () => {
    const token = await tokenOf();
    expect(await outcomeOf(token)).toBe(customer.customerId);
    expect(await outcomeOf(token)).toBe("SIGN_IN_LINK_USED");
    // In base64url, 32 bytes leave two bits of the last character unused.
    const last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const at = last.indexOf(token.at(-1) ?? "");
    const otherwise = [1, 2, 3].map((bit) => token.slice(0, -1) + last[at ^ bit]);
    expect(otherwise.map((each) => Buffer.from(each.split(".")[2] ?? "", "base64url"))).toContainEqual(
      Buffer.from(token.split(".")[2] ?? "", "base64url"),
    );
    expect(await outcomeOf(otherwise[0] ?? "")).toBe("SIGN_IN_LINK_USED");
  });

  test("also for simultaneous requests", async () => {
    const token = await tokenOf();
    const before = await gateway.sql("select id from sessions where customer_id = $1", [customer.customerId]);
    const each = await Promise.all(
      Array.from({ length: 8 }, (_, index) => {
        address = `10.9.0.${index}`; // later requests have a bad link
        return outcomeOf(token);
      }),
    );
    expect(each.toSorted()).toEqual([customer.customerId, ...Array(7).fill("SIGN_IN_LINK_USED")].toSorted());
    const after = await gateway.sql("select id from sessions where customer_id = $1", [customer.customerId]);
    expect(after.length).toBe(before.length + 1);
  });

  test("and is not consumed if the session cannot be stored", async () => {
    const token = await tokenOf();
    await gateway.sql("alter table refresh_tokens add constraint none_for_now check (false) not valid");
    expect(await outcomeOf(token)).toBe("INTERNAL_SERVER_ERROR");
    await gateway.sql("alter table refresh_tokens drop constraint none_for_now");
    expect(await outcomeOf(token)).toBe(customer.customerId);
  });
});

describe("an address", () => {
  test("has a limit of bad links an hour, and a valid link still passes", async () => {
    for (let round = 0; round < TRIES; round += 1) {
      expect(await outcomeOf("nonsense")).toBe("SIGN_IN_LINK_INVALID");
    }
    const { body } = await open("nonsense");
    const [refusal] = body.data?.signInWithToken.userErrors ?? [];
    expect(refusal).toMatchObject({ __typename: "SignInThrottled", code: "SIGN_IN_THROTTLED" });
    expect(Date.parse(refusal?.retryAt ?? "")).toBeGreaterThan(Date.now());
    for (let round = 0; round <= TRIES; round += 1) expect(await outcomeOf(await tokenOf())).toBe(customer.customerId);
  });

  test("has its bad links counted one by one", async () => {
    const each = await Promise.all(Array.from({ length: TRIES + 4 }, () => outcomeOf("nonsense")));
    expect(each.filter((code) => code === "SIGN_IN_LINK_INVALID")).toHaveLength(TRIES);
  });
});

test("no token is in the log, by any route", async () => {
  const tokens = [await tokenOf(), await tokenOf({ sub: "CUST12345" }), await tokenOf({ exp: 1 })];
  for (const token of tokens) {
    await fetch(`${gateway.url}/signin?token=${token}&uid=${customer.customerId}`);
    await fetch(`${gateway.url}/signin/nothing?token=${token}`);
    await open(token);
  }
  await open(customer.customerId, tokens[0]); // the one for the other
  expect(captured.text()).toContain("A sign-in link was refused");
  for (const token of tokens) {
    for (const part of token.split(".").slice(1)) expect(captured.text()).not.toContain(part);
  }
});

test("a mutation has one of them", async () => {
  const twice = `mutation { ${["a", "b"].map((at) => `${at}: signInWithToken(input: { token: "x", customerId: "C" }) { userErrors { code } }`).join(" ")} }`;
  expect((await gateway.anonymous.send(twice)).errors?.[0]?.message).toMatch(/^Only one of .*signInWithToken/);
});

describe("the points provider's key", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const pem = String(rsa.publicKey.export({ format: "pem", type: "spki" }));

  test("may be public: then a token signed with the public value as a secret is refused", async () => {
    await gateway.restart({ CLIENT_HANDOFF_KEY: pem.replaceAll("\n", "\\n") });
    expect(await outcomeOf(await tokenOf({}, rsa.privateKey, "RS256"))).toBe(customer.customerId);
    expect(await outcomeOf(await tokenOf({}, rsa.privateKey, "PS256"))).toBe(customer.customerId);
    for (const text of [pem, pem.trim(), pem.replaceAll("\n", "\\n")]) {
      const confused = await tokenOf({}, secretOf(text));
      const [header, payload, signature] = confused.split(".");
      expect(createHmac("sha256", text).update(`${header}.${payload}`).digest("base64url")).toBe(signature);
      expect(await outcomeOf(confused)).toBe("SIGN_IN_LINK_INVALID");
    }
    expect(await outcomeOf(await tokenOf({}, rsa.privateKey, "RS512"))).toBe("SIGN_IN_LINK_INVALID");
  });

  test.each([
    ["ES256", generateKeyPairSync("ec", { namedCurve: "P-256" })],
    ["EdDSA", generateKeyPairSync("ed25519")],
  ] as const)("may be one for %s, and for nothing else", async (alg, { publicKey, privateKey }) => {
    await gateway.restart({ CLIENT_HANDOFF_KEY: String(publicKey.export({ format: "pem", type: "spki" })) });
    expect(await outcomeOf(await tokenOf({}, privateKey, alg))).toBe(customer.customerId);
    expect(await outcomeOf(await tokenOf({}, rsa.privateKey, "RS256"))).toBe("SIGN_IN_LINK_INVALID");
  });

  test("may be fetched, and the fetch is retried after a failure", async () => {
    await using issuer = await makeOidcIssuer("tessera");
    await gateway.restart({
      CLIENT_HANDOFF_KEY: `${issuer.url}${KEYS}`,
      CLIENT_HANDOFF_ISSUER: issuer.url,
      CLIENT_HANDOFF_AUDIENCE: "tessera",
      CLIENT_HANDOFF_CLAIM: "customer_no",
      CLIENT_HANDOFF_MAX_SECONDS: "900",
    });
    const good = { customer_no: customer.customerId, jti: "1" };
    const token = await issuer.token(good);
    for (let round = 0; round <= TRIES; round += 1) expect(await outcomeOf(token)).toBe("UPSTREAM_UNAVAILABLE"); // no tries
    await issuer.start();
    expect(await outcomeOf(token)).toBe(customer.customerId);
    expect(await outcomeOf(await issuer.token({ ...good, aud: "another" }))).toBe("SIGN_IN_LINK_INVALID");
    expect(await outcomeOf(await issuer.token({ ...good, iss: "another" }))).toBe("SIGN_IN_LINK_INVALID");
    expect(await outcomeOf(await issuer.token({ ...good, exp: now() + 1_000 }))).toBe("SIGN_IN_LINK_INVALID");
    expect(await outcomeOf(await issuer.token({ sub: customer.customerId }))).toBe("SIGN_IN_LINK_INVALID");
  });

  test("may be missing: then links sign no customer in, and no token is read", async () => {
    await gateway.restart({ CLIENT_HANDOFF_KEY: "" });
    for (let round = 0; round <= TRIES; round += 1) expect(await outcomeOf(await tokenOf())).toBe("SIGN_IN_LINK_OFF");
  });
});
