import { randomUUID } from "node:crypto";
import { generateKeyPair, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { rolesOf } from "../../src/domain/operator-roles.ts";
import { OPERATOR_TOKEN, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { makeCaller } from "../support/graphql.ts";
import { type CapturedLog, captureLog } from "../support/log.ts";
import { type ClaimChanges, DISCOVERY, KEYS, makeOidcIssuer, type OidcIssuer } from "../support/oidc-issuer.ts";
import { bearer, refresh, whoIs } from "../support/sign-in.ts";

const AUDIENCE = "tessera-operators";
/** What the log says when the provider, and not the token, is at fault. */
const complaint = "identity provider cannot be asked";
let issuer: OidcIssuer;
let captured: CapturedLog;
let gateway: TestGateway;
beforeAll(async () => {
  issuer = await makeOidcIssuer(AUDIENCE);
  captured = await captureLog();
  gateway = await startTestGateway({ OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: AUDIENCE }, { log: captured.log });
});
beforeEach(() => captured.clear());
afterAll(() => gateway[Symbol.asyncDispose]());

/** What becomes of an operator's mutation by the bearer of a token: the actor in the audit log, or the error's code. */
async function actorOf(token: string): Promise<string | undefined> {
  const sku = `SKU-${randomUUID()}`;
  const { data, errors } = await makeCaller(() => gateway.url, token).send<{ createReward: { reward: object | null } }>(
    `mutation ($input: CreateRewardInput!) { createReward(input: $input) { reward { id } userErrors { message } } }`,
    {
      input: {
        sku,
        kind: "MERCHANDISE",
        name: "A cup",
        description: "For tests.",
        points: 1,
        brand: "Brand",
        category: "Category",
        imageUrl: "/assets/rewards/none.svg",
      },
    },
  );
  if (!data?.createReward?.reward) return errors?.[0]?.extensions.code;
  const [entry] = await gateway.sql<{ actor: string }>("select actor from audit_log where subject = $1", [sku]);
  return entry?.actor;
}

/** Opens a socket and waits until the gateway closes it. */
function closedSocketOf(token: string): Promise<{ kind: string; code: number; reason: string }> {
  const { promise, resolve } = Promise.withResolvers<{ kind: string; code: number; reason: string }>();
  let kind = "before it was acknowledged";
  makeCaller(() => gateway.url, token).socket({
    lazy: false,
    on: {
      connected: () => {
        kind = "after it was acknowledged";
      },
      closed: (event) => {
        const { code, reason } = event as { code: number; reason: string };
        resolve({ kind, code, reason: String(reason) });
      },
    },
    onNonLazyError: () => {}, // the close is what is waited for
  });
  return promise;
}

describe("the operator token", () => {
  test("makes its bearer the operator", async () => {
    expect(await actorOf(OPERATOR_TOKEN)).toBe("operator");
  });

  test.each([`${OPERATOR_TOKEN}x`, OPERATOR_TOKEN.slice(0, -1), OPERATOR_TOKEN.toUpperCase(), "operator"])(
    "makes nobody of the bearer of %j",
    async (token) => {
      expect(await actorOf(token)).toBe("UNAUTHENTICATED");
    },
  );

  test("is not taken from the cookie of a customer's session", async () => {
    const customer = await gateway.customer();
    expect(await actorOf(customer.token ?? "")).toBe("FORBIDDEN");
  });
});

describe("the operators' identity provider", () => {
  beforeEach(() => issuer.start());
  afterEach(() => issuer.stop());

  test("makes its subject the operator, under their own name in the audit log", async () => {
    expect(await actorOf(await issuer.token())).toBe("asha@brand");
    expect(await actorOf(await issuer.token({ sub: "ravi@brand", aud: [AUDIENCE, "other"] }))).toBe("ravi@brand");
  });

  test("does not make a customer of anybody", async () => {
    expect(await whoIs(gateway, bearer(await issuer.token()))).toBeNull();
  });

  const nowSeconds = () => Math.floor(Date.now() / 1_000);
  test.each<[what: string, changes: () => ClaimChanges]>([
    ["for another audience", () => ({ aud: "elsewhere" })],
    ["for no audience", () => ({ aud: undefined })],
    ["of another issuer", () => ({ iss: "http://127.0.0.1:9" })],
    ["of no issuer", () => ({ iss: undefined })],
    ["that has expired", () => ({ exp: nowSeconds() - 60 })],
    ["that never expires", () => ({ exp: undefined })],
    ["that is not good yet", () => ({ nbf: nowSeconds() + 120 })],
    ["of nobody", () => ({ sub: undefined })],
    ["of somebody without a name", () => ({ sub: "" })],
    ["without a role", () => ({ roles: undefined })],
    ["with roles of other programs", () => ({ roles: ["administrator", "Admin", "admin ", 7, null] })],
    ["whose role stands in another claim", () => ({ roles: undefined, groups: ["admin"] })],
    ["whose roles are no list", () => ({ roles: { admin: true } })],
  ])("does not vouch for a token %s", async (_, changes) => {
    expect(await actorOf(await issuer.token(changes()))).toBe("UNAUTHENTICATED");
    expect(captured.text()).not.toContain(complaint);
  });

  test("is complained about in the log when a good token has no role here", async () => {
    await actorOf(await issuer.token({ sub: "new@brand", roles: ["staff"] }));
    expect(captured.text()).toContain('"claim":"roles"');
    expect(captured.text()).toContain("Check OIDC_OPERATOR_CLAIM");
  });

  test("has a socket closed when the token that it was opened with ends", async () => {
    const expiresAt = nowSeconds() + 2; // a token's end is a whole second; nothing waits longer
    const { kind, code, reason } = await closedSocketOf(await issuer.token({ exp: expiresAt }));
    expect({ kind, code, reason }).toEqual({ kind: "after it was acknowledged", code: 4403, reason: "Token expired" });
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt * 1_000);
  });

  test("does not vouch for a token signed with a key it does not know", async () => {
    const { privateKey } = await generateKeyPair("ES256");
    expect(await actorOf(await issuer.token({}, { key: privateKey }))).toBe("UNAUTHENTICATED");
    expect(await actorOf(await issuer.token({}, { key: privateKey, header: { kid: "key-2" } }))).toBe(
      "UNAUTHENTICATED",
    );
  });

  test("does not vouch for a token that is signed with a shared secret or not at all", async () => {
    const claims = { iss: issuer.url, aud: AUDIENCE, sub: "asha@brand", exp: nowSeconds() + 600 };
    const keys = await (await fetch(`${issuer.url}${KEYS}`)).text();
    const shared = await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "key-1" }).sign(Buffer.from(keys));
    const part = (content: object) => Buffer.from(JSON.stringify(content)).toString("base64url");
    expect(await actorOf(shared)).toBe("UNAUTHENTICATED");
    expect(await actorOf(`${part({ alg: "none" })}.${part(claims)}.`)).toBe("UNAUTHENTICATED");
  });
});

describe("the claim of the operators' roles", () => {
  test.each<[claim: string, claims: Record<string, unknown>]>([
    ["groups", { groups: "openid admin" }],
    ["realm_access.roles", { realm_access: { roles: ["offline_access", "admin"] } }],
    ["https://brand.example/roles", { "https://brand.example/roles": ["admin"] }],
  ])("may be %s", (claim, claims) => {
    expect(rolesOf(claims, claim)).toEqual(["admin"]);
    expect(rolesOf({ roles: ["admin"] }, claim)).toEqual([]);
  });
});

describe("an identity provider that cannot be asked", () => {
  beforeEach(() => gateway.restart()); // forgets its keys
  afterEach(() => issuer.stop());

  test("makes nobody an operator, until it answers again", async () => {
    expect(await actorOf(await issuer.token())).toBe("UNAUTHENTICATED");
    expect(captured.text()).toContain(complaint);
    await issuer.start();
    expect(await actorOf(await issuer.token())).toBe("asha@brand");
  });

  test.each<[what: string, path: string, answer: () => { status?: number; body: string }]>([
    ["has no configuration", DISCOVERY, () => ({ status: 404, body: "{}" })],
    ["answers nonsense", DISCOVERY, () => ({ body: "<html>" })],
    [
      "calls itself something else",
      DISCOVERY,
      () => ({ body: JSON.stringify({ issuer: "http://evil.example", jwks_uri: `${issuer.url}${KEYS}` }) }),
    ],
    ["has lost its keys", KEYS, () => ({ status: 500, body: "{}" })],
    ["has keys that are none", KEYS, () => ({ body: "[]" })],
  ])("because it %s is asked again", async (_, path, answer) => {
    await issuer.start();
    issuer.answerOnce(path, answer());
    expect(await actorOf(await issuer.token())).toBe("UNAUTHENTICATED");
    expect(captured.text()).toContain(complaint);
    expect(await actorOf(await issuer.token())).toBe("asha@brand");
  });

  test("does not keep a customer from refreshing a session, for it is not asked about other tokens than its own", async () => {
    const customer = await gateway.customer();
    await issuer.start();
    const before = issuer.asked.length;
    const [header, payload] = customer.token?.split(".") ?? [];
    const notOurs = `${header}.${payload}.${"A".repeat(86)}`;
    expect(await whoIs(gateway, bearer(notOurs))).toBeNull();
    expect(await whoIs(gateway, bearer("garbage"))).toBeNull();
    expect((await refresh(gateway, customer.refreshToken)).session).not.toBeNull();
    expect(issuer.asked.slice(before)).toEqual([]);
  });
});
