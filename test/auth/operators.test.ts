import { createHash, randomUUID } from "node:crypto";
import { generateKeyPair, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { rolesOf } from "../../src/domain/operator-roles.ts";
import { OPERATOR_TOKEN, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { makeCaller } from "../support/graphql.ts";
import { type CapturedLog, captureLog } from "../support/log.ts";
import { type ClaimChanges, DISCOVERY, KEYS, makeOidcIssuer, type OidcIssuer } from "../support/oidc-issuer.ts";
import { operatorKey } from "../support/operator-key.ts";
import { orderPrepared, placeOrder } from "../support/orders.ts";
import { bearer, refresh, whoIs } from "../support/sign-in.ts";

const AUDIENCE = "tessera-operators";
/** The log message when the provider, and not the token, is at fault. */
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

/** Sends an operator's mutation with a token. @returns the actor in the audit log, or the error's code */
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
function closedSocketOf(
  token: string,
  whenOpen: () => Promise<unknown> = () => Promise.resolve(),
): Promise<{ kind: string; code: number; reason: string }> {
  const { promise, resolve } = Promise.withResolvers<{ kind: string; code: number; reason: string }>();
  let kind = "before it was acknowledged";
  makeCaller(() => gateway.url, token).socket({
    lazy: false,
    on: {
      connected: () => {
        kind = "after it was acknowledged";
        void whenOpen();
      },
      closed: (event) => {
        const { code, reason } = event as { code: number; reason: string };
        resolve({ kind, code, reason: String(reason) });
      },
    },
    onNonLazyError: () => {}, // the test waits for the close
  });
  return promise;
}

/** Opens an event stream about an order in progress. @returns its whole text, once the gateway has ended it */
async function endedStreamOf(token: string, whenOpen: () => Promise<unknown> = async () => {}): Promise<string> {
  const customer = await gateway.customer();
  const orderId = await placeOrder(customer, (await gateway.merchandise()).id);
  await orderPrepared(customer, orderId);
  const response = await fetch(`${gateway.url}/graphql/stream`, {
    method: "POST",
    headers: { ...bearer(token), accept: "text/event-stream", "content-type": "application/json" },
    body: JSON.stringify({
      query: "subscription ($id: ID!) { orderStatus(orderId: $id) { status } }",
      variables: { id: orderId },
    }),
  });
  let text = "";
  for await (const chunk of response.body ?? []) {
    if (text === "") await whenOpen();
    text += Buffer.from(chunk as Uint8Array).toString();
  }
  return text;
}

/** Tries again with a later end if the machine was too slow to open anything before it. */
async function beforeItEnds<T>(open: (expiresAt: Date) => Promise<T>, isOpened: (result: T) => boolean): Promise<T> {
  for (const seconds of [2, 8, 30]) {
    const expiresAt = new Date((Math.floor(Date.now() / 1_000) + seconds) * 1_000); // a token's end is a whole second
    const result = await open(expiresAt);
    if (!isOpened(result)) continue;
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime());
    return result;
  }
  throw new Error("nothing was opened within 30 seconds");
}

describe("the operator token", () => {
  test("makes its bearer the operator", async () => {
    expect(await actorOf(OPERATOR_TOKEN)).toBe("operator");
  });

  test.each([`${OPERATOR_TOKEN}x`, OPERATOR_TOKEN.slice(0, -1), OPERATOR_TOKEN.toUpperCase(), "operator"])(
    "refuses %j",
    async (token) => {
      expect(await actorOf(token)).toBe("UNAUTHENTICATED");
    },
  );

  test("is not read from the cookie of a customer's session", async () => {
    const customer = await gateway.customer();
    expect(await actorOf(customer.token ?? "")).toBe("FORBIDDEN");
  });
});

describe("a named key", () => {
  const list = async () =>
    (
      await gateway.operator.ok<{ operatorKeys: Record<string, unknown>[] }>(
        "{ operatorKeys { name roles createdBy expiresAt withdrawnAt withdrawnBy } }",
      )
    ).operatorKeys;
  const withdraw = (name: string) =>
    gateway.operator.send(
      `mutation ($name: String!) {
        withdrawOperatorKey(input: { name: $name }) { key { withdrawnBy } userErrors { code } } }`,
      { name },
    );
  const uses = async (actor: string) =>
    (
      await gateway.sql<{ action: string; subject: string }>(
        "select action, subject from audit_log where actor = $1 order by id",
        [actor],
      )
    ).map(({ action, subject }) => `${action} ${subject}`);

  test("authorizes its bearer by its roles, under its own name in the audit log, until it is revoked", async () => {
    const key = await operatorKey(gateway, ["catalogue", "orders"]);
    expect(await actorOf(key.secret)).toBe(`key:${key.name}`);
    expect((await list()).find(({ name }) => name === key.name)).toMatchObject({
      roles: ["CATALOGUE", "ORDERS"],
      createdBy: "operator",
      withdrawnAt: null,
    });
    expect(await withdraw(key.name)).toMatchObject({
      data: { withdrawOperatorKey: { key: { withdrawnBy: "operator" } } },
    });
    expect(await actorOf(key.secret)).toBe("UNAUTHENTICATED");
    await withdraw(key.name);
    expect(await gateway.sql("select action from audit_log where subject = $1 order by id", [key.name])).toEqual([
      { action: "operator-key.create" },
      { action: "operator-key.withdraw" },
    ]);
    await expect(operatorKeyNamed(key.name)).resolves.toEqual(["OPERATOR_KEY_NAME_TAKEN name"]);
  });

  test("is stored only as a hash, and its secret is shown once", async () => {
    const { secret, name } = await operatorKey(gateway, ["support"]);
    expect(secret).toMatch(/^tessera_[\w-]{43}$/);
    const [row] = await gateway.sql<{ text: string; hash: Buffer }>(
      "select k::text as text, key_hash as hash from operator_keys k where name = $1",
      [name],
    );
    expect(row?.text).not.toContain(secret.slice("tessera_".length));
    expect(row?.hash).toEqual(createHash("sha256").update(secret).digest());
    expect(captured.text()).not.toContain(secret);
  });

  test.each([
    ["changed", (secret: string) => `${secret.slice(0, -1)}${secret.endsWith("A") ? "B" : "A"}`],
    ["longer", (secret: string) => `${secret}A`],
    ["without its beginning", (secret: string) => secret.slice("tessera_".length)],
  ])("that is %s is refused", async (_, change) => {
    const { secret } = await operatorKey(gateway, ["admin"]);
    expect(await actorOf(change(secret))).toBe("UNAUTHENTICATED");
  });

  test("has each use by HTTP, socket and message endpoint in the audit log, without the payload", async () => {
    const key = await operatorKey(gateway, ["rewards", "support"]);
    const actor = `key:${key.name}`;
    await key.ok(
      "query Mine { a: rewardRules { ruleId } ...More } fragment More on Query { quarantinedRewards { totalCount } }",
    );
    await key.send('mutation { retireRewardRule(input: { ruleId: "a-secret" }) { userErrors { code } } }');
    const { errors } = await key.send("{ operatorKeys { name } }"); // refused, and a use all the same
    expect(errors?.[0]?.message).toBe("This is for operators with the role ADMIN.");
    const client = key.socket();
    for await (const _ of client.iterate({ query: "{ orders { totalCount } }" })) break;
    await client.dispose();
    await fetch(`${gateway.url}/reward-processor`, { method: "POST", body: "{}", headers: bearer(key.secret) });
    expect(await uses(actor)).toEqual([
      "operator.query rewardRules, quarantinedRewards",
      "operator.mutation retireRewardRule",
      "operator.query operatorKeys",
      "operator.query orders",
      "operator.post /reward-processor",
    ]);
  });

  test("without the role for messages is refused at the message endpoint", async () => {
    const { secret } = await operatorKey(gateway, ["catalogue", "orders", "support"]);
    const post = { method: "POST", body: "{}", headers: bearer(secret) };
    expect((await fetch(`${gateway.url}/reward-processor`, post)).status).toBe(403);
  });

  test("has its sockets closed when it is revoked, and when it expires", async () => {
    const key = await operatorKey(gateway, ["orders"]);
    const withdrawn = closedSocketOf(key.secret, () => withdraw(key.name));
    expect(await withdrawn).toMatchObject({ code: 4403, reason: "Key withdrawn" });

    let brief = key;
    const expired = await beforeItEnds(
      async (expiresAt) => {
        brief = await operatorKey(gateway, ["orders"], { expiresAt });
        return closedSocketOf(brief.secret);
      },
      ({ kind }) => kind === "after it was acknowledged",
    );
    expect(expired).toMatchObject({ code: 4403, reason: "Token expired" });
    expect(await actorOf(brief.secret)).toBe("UNAUTHENTICATED");
    expect(await closedSocketOf(brief.secret)).toMatchObject({ kind: "before it was acknowledged", code: 4403 });
  });

  test("has its event streams ended when it is revoked, and when it expires", async () => {
    const key = await operatorKey(gateway, ["orders"]);
    const withdrawn = await endedStreamOf(key.secret, () => withdraw(key.name));
    const expired = await beforeItEnds(
      async (expiresAt) => endedStreamOf((await operatorKey(gateway, ["orders"], { expiresAt })).secret),
      (text) => text.includes("PROCESSING"),
    );
    for (const text of [withdrawn, expired]) {
      expect(text).toContain("PROCESSING");
      expect(text).not.toContain("complete"); // the client reconnects, and learns that the key is invalid
    }
    expect(await endedStreamOf(key.secret)).toContain("UNAUTHENTICATED");
  });

  const operatorKeyNamed = async (name: string, changes: Record<string, unknown> = {}) => {
    const input = { name, roles: ["ORDERS"], expiresAt: inDays(1), ...changes };
    const { data } = await gateway.operator.send<{
      createOperatorKey: { secret: string | null; userErrors: { code: string; field: string[] }[] };
    }>(
      `mutation ($input: CreateOperatorKeyInput!) {
        createOperatorKey(input: $input) { secret userErrors { code field } } }`,
      { input },
    );
    if (data?.createOperatorKey.secret) return ["a secret"];
    return data?.createOperatorKey.userErrors.map(({ code, field }) => `${code} ${field.at(-1)}`);
  };
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

  test.each<[what: string, name: string, changes: Record<string, unknown>, problem: string]>([
    ["a name with a blank", "my key", {}, "INVALID_INPUT name"],
    ["a name of one letter", "k", {}, "INVALID_INPUT name"],
    ["a name with capitals", "Key", {}, "INVALID_INPUT name"],
    ["no role", "no-role", { roles: [] }, "INVALID_INPUT roles"],
    ["an end that is over", "over", { expiresAt: inDays(-1) }, "INVALID_INPUT expiresAt"],
    ["an end in more than a year", "for-ever", { expiresAt: inDays(367) }, "INVALID_INPUT expiresAt"],
  ])("is not created with %s", async (_, name, changes, problem) => {
    expect(await operatorKeyNamed(name, changes)).toEqual([problem]);
  });

  test("is created once for a name, also by simultaneous requests", async () => {
    const name = `twin-${randomUUID()}`;
    const answers = (await Promise.all([operatorKeyNamed(name), operatorKeyNamed(name)])).flat();
    expect(answers.toSorted()).toEqual(["OPERATOR_KEY_NAME_TAKEN name", "a secret"]);
  });
});

describe("the operators' identity provider", () => {
  beforeEach(() => issuer.start());
  afterEach(() => issuer.stop());

  test("makes its subject the operator, under their own name in the audit log", async () => {
    expect(await actorOf(await issuer.token())).toBe("asha@brand");
    expect(await actorOf(await issuer.token({ sub: "ravi@brand", aud: [AUDIENCE, "other"] }))).toBe("ravi@brand");
  });

  test.each(["operator", "system", "key:back-office", "customer:C-1", "oidc:asha"])(
    "cannot provide a reserved name for the audit log: %s",
    async (sub) => {
      expect(await actorOf(await issuer.token({ sub }))).toBe(`oidc:${sub}`);
    },
  );

  test("does not authenticate customers", async () => {
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
    ["without a subject", () => ({ sub: undefined })],
    ["with an empty subject", () => ({ sub: "" })],
    ["without a role", () => ({ roles: undefined })],
    ["with roles of other programs", () => ({ roles: ["administrator", "Admin", "admin ", 7, null] })],
    ["with the roles in another claim", () => ({ roles: undefined, groups: ["admin"] })],
    ["with roles that are not a list", () => ({ roles: { admin: true } })],
  ])("does not authenticate a token %s", async (_, changes) => {
    expect(await actorOf(await issuer.token(changes()))).toBe("UNAUTHENTICATED");
    expect(captured.text()).not.toContain(complaint);
  });

  test("makes an operator with exactly the roles of its token", async () => {
    const reader = makeCaller(() => gateway.url, await issuer.token({ roles: ["support"] }));
    await reader.ok("{ orders { totalCount } }");
    expect(await actorOf(reader.token ?? "")).toBe("FORBIDDEN");
    const [use] = await gateway.sql(
      "select actor, subject from audit_log where action = 'operator.query' order by id desc limit 1",
    );
    expect(use).toEqual({ actor: "asha@brand", subject: "orders" });
  });

  test("causes a warning in the log if a valid token has no role here", async () => {
    await actorOf(await issuer.token({ sub: "new@brand", roles: ["staff"] }));
    expect(captured.text()).toContain('"claim":"roles"');
    expect(captured.text()).toContain("Check OIDC_OPERATOR_CLAIM");
  });

  test("has a socket closed when its token expires", async () => {
    const closed = await beforeItEnds(
      async (expiresAt) => closedSocketOf(await issuer.token({ exp: expiresAt.getTime() / 1_000 })),
      ({ kind }) => kind === "after it was acknowledged",
    );
    expect(closed).toMatchObject({ code: 4403, reason: "Token expired" });
  });

  test("has an event stream ended when its token expires", async () => {
    const text = await beforeItEnds(
      async (expiresAt) => endedStreamOf(await issuer.token({ exp: expiresAt.getTime() / 1_000 })),
      (text) => text.includes("PROCESSING"),
    );
    expect(text).not.toContain("complete");
  });

  test("does not authenticate a token that is signed with an unknown key", async () => {
    const { privateKey } = await generateKeyPair("ES256");
    expect(await actorOf(await issuer.token({}, { key: privateKey }))).toBe("UNAUTHENTICATED");
    expect(await actorOf(await issuer.token({}, { key: privateKey, header: { kid: "key-2" } }))).toBe(
      "UNAUTHENTICATED",
    );
  });

  test("does not authenticate a token that is signed with a shared secret or not at all", async () => {
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

describe("an unreachable identity provider", () => {
  beforeEach(() => gateway.restart()); // forgets its keys
  afterEach(() => issuer.stop());

  test("authenticates no operator until it answers again", async () => {
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
    ["cannot serve its keys", KEYS, () => ({ status: 500, body: "{}" })],
    ["has keys that are none", KEYS, () => ({ body: "[]" })],
  ])("that %s is asked again", async (_, path, answer) => {
    await issuer.start();
    issuer.answerOnce(path, answer());
    expect(await actorOf(await issuer.token())).toBe("UNAUTHENTICATED");
    expect(captured.text()).toContain(complaint);
    expect(await actorOf(await issuer.token())).toBe("asha@brand");
  });

  test("does not prevent a customer's session refresh, because it is asked only about its own tokens", async () => {
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
