import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { Secret, TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EarlierTry, signInAgainAt } from "../../src/auth/accounts/sign-in-limits.ts";
import { openDb } from "../../src/platform/db.ts";
import { resealSecrets } from "../../src/program/reseal-secrets.ts";
import { bundledOperatorAdd } from "../support/bundle.ts";
import { SESSION_SECRET, startTestGateway, type TestGateway, testEnvironment } from "../support/gateway.ts";

const PASSWORD = "correct horse battery";
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ VOUCHER_SECRET: SESSION_SECRET });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: gateway.url, ...headers },
    body: JSON.stringify(body),
  });
/** The cookies that an answer sets, for the next request. */
const cookiesOf = ({ headers }: Response) =>
  headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0] ?? "")
    .join("; ");
async function operatorOf(cookie: string) {
  const response = await post("/graphql?console", { query: "{ operator { name roles } }" }, { cookie });
  return ((await response.json()) as { data: { operator: { name: string; roles: string[] } | null } }).data.operator;
}
const codeAt = (secret: string, steps = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 });

async function newLink(roles = ["SUPPORT"], name = `p${randomUUID()}`): Promise<{ name: string; secret: string }> {
  const { createOperatorAccount } = await gateway.operator.ok<{ createOperatorAccount: { enrolmentSecret: string } }>(
    `mutation ($input: CreateOperatorAccountInput!) { createOperatorAccount(input: $input) {
      account { name isEnrolled } enrolmentSecret userErrors { message } } }`,
    { input: { name, roles } },
  );
  return { name, secret: createOperatorAccount.enrolmentSecret };
}
/** An operator who has followed the enrolment link; the code of the current step is consumed. */
async function person(roles = ["SUPPORT"]) {
  const { name, secret } = await newLink(roles);
  const facts = await post("/console/enrolment", { secret });
  const { totpSecret } = (await facts.json()) as { totpSecret: string };
  const done = await post("/console/enrolment/complete", { secret, password: PASSWORD, code: codeAt(totpSecret) });
  expect(done.status).toBe(204);
  return { name, secret, totpSecret, cookie: cookiesOf(done) };
}
const signIn = (input: { name: string; password?: string; code: string }, cookie = "") =>
  post("/console/sign-in/password", { password: PASSWORD, ...input }, { cookie });
/** Forgets which codes were used, as if half a minute had passed. */
const nextCode = (name: string) =>
  gateway.sql("update operator_accounts set totp_used_step = null where name = $1", [name]);
const change = (mutation: "disableOperatorAccount" | "renewOperatorAccount", name: string) =>
  gateway.operator.ok<Record<string, { enrolmentSecret?: string }>>(
    `mutation ($name: String!) { ${mutation}(input: { name: $name }) {
      ${mutation.startsWith("renew") ? "enrolmentSecret" : ""} userErrors { message } } }`,
    { name },
  );

describe("the enrolment link", () => {
  test("lets the operator choose a password and signs in, once", async () => {
    const { name, secret, totpSecret, cookie } = await person(["SUPPORT", "ORDERS"]);
    expect(await operatorOf(cookie)).toEqual({ name: `account:${name}`, roles: ["SUPPORT", "ORDERS"] });
    expect((await post("/console/enrolment", { secret })).status).toBe(404);
    const again = { secret, password: "another password of mine", code: codeAt(totpSecret, 1) };
    expect((await post("/console/enrolment/complete", again)).status).toBe(404);
    const actions = await gateway.sql("select action from audit_log where subject = $1 order by id", [name]);
    expect(actions.map(({ action }) => action)).toEqual(["operator-account.create", "operator-account.enrol"]);
  });

  test("works for one of two simultaneous requests", async () => {
    const { secret } = await newLink();
    const { totpSecret } = (await (await post("/console/enrolment", { secret })).json()) as { totpSecret: string };
    const twice = ["first password of two", "second password of two"].map((password) =>
      post("/console/enrolment/complete", { secret, password, code: codeAt(totpSecret) }),
    );
    expect((await Promise.all(twice)).map(({ status }) => status).sort()).toEqual([204, 404]);
  });

  test.each([
    ["a short password", { password: "short" }, "at least 12 characters"],
    ["one letter repeated", { password: "aaaaaaaaaaaaaaaa" }, "five different characters"],
    ["a code that is not right", { code: "000000" }, "The code is not right"],
  ])("refuses %s, and stays open", async (_, changes, problem) => {
    const { secret } = await newLink();
    const { totpSecret } = (await (await post("/console/enrolment", { secret })).json()) as { totpSecret: string };
    const form = { secret, password: PASSWORD, code: codeAt(totpSecret) };
    const refused = await post("/console/enrolment/complete", { ...form, ...changes });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain(problem);
    expect((await post("/console/enrolment/complete", form)).status).toBe(204);
  });

  test("expires after three days, and with the account", async () => {
    const [late, disabled] = [await newLink(), await newLink()];
    await gateway.sql("update operator_accounts set enrolment_expires_at = now() where name = $1", [late.name]);
    await change("disableOperatorAccount", disabled.name);
    for (const { secret } of [late, disabled]) expect((await post("/console/enrolment", { secret })).status).toBe(404);
  });

  test("is created by the program operator:add, which also disables accounts", async () => {
    const name = `p${randomUUID()}`;
    const env = { ...process.env, ...testEnvironment(gateway.databaseUrl, gateway.sandbox.url), PORT: "4321" };
    const run = (...args: string[]) =>
      promisify(execFile)(process.execPath, [bundledOperatorAdd, name, ...args], { env });
    const { stdout } = await run("--roles", "support,orders");
    const secret = stdout.match(/^http:\/\/\S+:4321\/console\/enrol#([\w-]{43})$/m)?.[1];
    expect((await post("/console/enrolment", { secret })).status).toBe(200);
    await expect(run("--roles", "boss")).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('"boss"') });
    await expect(run("--roles", "support")).rejects.toMatchObject({ stderr: expect.stringContaining("Renew") });
    await run("--disable");
    expect((await post("/console/enrolment", { secret })).status).toBe(404);
  });
});

describe("sign-in by password", () => {
  test("checks name, password and code together, and does not reveal the wrong one", async () => {
    const { name, totpSecret } = await person();
    await nextCode(name);
    const stranger = `p${randomUUID()}`;
    const notEnrolled = await newLink();
    const refusals = await Promise.all(
      [
        { name, password: "not the password", code: codeAt(totpSecret) },
        { name, code: "123456" },
        { name: stranger, code: codeAt(totpSecret) },
        { name: notEnrolled.name, code: codeAt(totpSecret) },
      ].map((input) => signIn(input)),
    );
    const texts = await Promise.all(refusals.map(async (answer) => ((await answer.json()) as { error: string }).error));
    expect(new Set(texts).size).toBe(1);
    expect(refusals.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect(refusals.flatMap(({ headers }) => headers.getSetCookie())).toEqual([]);

    const right = await signIn({ name: ` ${name.toUpperCase()} `, code: codeAt(totpSecret) });
    expect(right.status).toBe(204);
    expect(await operatorOf(cookiesOf(right))).toEqual({ name: `account:${name}`, roles: ["SUPPORT"] });
    const [entry] = await gateway.sql(
      "select details from audit_log where action = 'operator-session.open' and actor = $1 order by id desc limit 1",
      [`account:${name}`],
    );
    expect(entry).toEqual({ details: { by: "PASSWORD" } });
  });

  test("accepts each code once, also from simultaneous requests", async () => {
    const { name, totpSecret } = await person();
    const code = codeAt(totpSecret);
    expect((await signIn({ name, code })).status).toBe(401); // the link has used it
    await nextCode(name);
    const statuses = (await Promise.all([1, 2, 3].map(() => signIn({ name, code })))).map(({ status }) => status);
    expect(statuses.sort()).toEqual([204, 401, 401]);
  });

  test("accepts only the console's own page", async () => {
    const headers = { origin: "https://shop.example" };
    for (const path of ["sign-in/password", "enrolment", "enrolment/complete", "sign-in/development"]) {
      expect((await post(`/console/${path}`, {}, headers)).status).toBe(403);
    }
    expect((await post("/console/sign-in/password", { name: "asha" })).status).toBe(400);
  });

  test("ends when the account is disabled, re-enrolled or its roles change", async () => {
    const { name, totpSecret, cookie } = await person();
    await gateway.operator.ok(
      `mutation ($name: String!) { setOperatorAccountRoles(input: { name: $name, roles: [ORDERS] }) { userErrors { message } } }`,
      { name },
    );
    expect(await operatorOf(cookie)).toBeNull();
    await nextCode(name);
    const second = await signIn({ name, code: codeAt(totpSecret) });
    expect(await operatorOf(cookiesOf(second))).toEqual({ name: `account:${name}`, roles: ["ORDERS"] });
    await change("disableOperatorAccount", name);
    expect(await operatorOf(cookiesOf(second))).toBeNull();
    await nextCode(name);
    expect((await signIn({ name, code: codeAt(totpSecret) })).status).toBe(401);
    const { renewOperatorAccount } = await change("renewOperatorAccount", name);
    expect((await post("/console/enrolment", { secret: renewOperatorAccount?.enrolmentSecret })).status).toBe(200);
    await nextCode(name);
    expect((await signIn({ name, code: codeAt(totpSecret) })).status).toBe(401); // until the link was followed
  });

  test("lists its sessions, and an administrator can end one", async () => {
    const { name, cookie } = await person();
    const { operatorSessions } = await gateway.operator.ok<{
      operatorSessions: { id: string; name: string; signedInBy: string; isOwn: boolean }[];
    }>("{ operatorSessions { id name signedInBy isOwn } }");
    const own = operatorSessions.find((session) => session.name === `account:${name}`);
    expect(own).toMatchObject({ signedInBy: "PASSWORD", isOwn: false });
    const end = () =>
      gateway.operator.ok<{ endOperatorSession: { userErrors: { code: string }[] } }>(
        "mutation ($id: ID!) { endOperatorSession(input: { id: $id }) { userErrors { code } } }",
        { id: own?.id },
      );
    await end();
    expect(await operatorOf(cookie)).toBeNull();
    await expect(end()).rejects.toThrow("OPERATOR_SESSION_NOT_FOUND");
  });

  test("keeps the secrets of authenticator apps when SESSION_SECRET is replaced", async () => {
    const { name, totpSecret } = await person();
    await nextCode(name);
    const current = "the next secret of the sessions, long enough";
    await gateway.restart({ SESSION_SECRET: current, SESSION_SECRET_FALLBACK: SESSION_SECRET });
    expect((await signIn({ name, code: codeAt(totpSecret) })).status).toBe(204);
    const db = openDb(gateway.databaseUrl, 2);
    const sessionSecrets = { current, fallback: SESSION_SECRET };
    const results = await resealSecrets(db, {
      sessionSecrets,
      voucherSecrets: { current: SESSION_SECRET, fallback: undefined },
    });
    await db.$disconnect();
    expect(results.find(({ kind }) => kind.includes("authenticator"))?.problems).toEqual([]);
    await gateway.restart({ SESSION_SECRET: current });
    await nextCode(name);
    expect((await signIn({ name, code: codeAt(totpSecret) })).status).toBe(204);
    await gateway.restart(); // with a secret that cannot decrypt the app's
    await nextCode(name);
    expect((await signIn({ name, code: codeAt(totpSecret) })).status).toBe(401);
  });
});

describe("the limits of sign-in by password", () => {
  const now = new Date("2027-01-01T12:00:00Z");
  const tries = (count: number, facts: Partial<EarlierTry>): EarlierTry[] =>
    Array.from({ length: count }, (_, nth) => ({
      createdAt: new Date(now.getTime() - 1_000 * (nth + 1)),
      isSameAddress: false,
      isSameName: true,
      knownBrowser: null,
      ...facts,
    }));
  const again = (earlier: EarlierTry[], isKnownBrowser = false) =>
    signInAgainAt(earlier, { isKnownBrowser, perAddress: 20, now });

  test("apply to one address across names, and to one name across addresses", () => {
    expect(again(tries(19, { isSameAddress: true, isSameName: false }))).toBeNull();
    expect(again(tries(20, { isSameAddress: true, isSameName: false }))).toEqual(new Date("2027-01-01T12:59:40Z"));
    expect(again(tries(29, {}))).toBeNull();
    expect(again(tries(30, {}))).not.toBeNull();
  });

  test("reserve a share for the account's known browsers that strangers cannot use up", () => {
    const strangers = tries(500, { isSameAddress: true });
    expect(again(strangers, true)).toBeNull();
    expect(again([...strangers, ...tries(10, { knownBrowser: "another" })], true)).toBeNull();
    expect(again(tries(10, { knownBrowser: "this" }), true)).not.toBeNull();
  });

  test("apply to simultaneous tries, but not to the operator in a known browser", async () => {
    await gateway.restart({ OTP_PER_ADDRESS_HOUR: "3" });
    await gateway.sql("delete from operator_sign_in_tries"); // those of the tests before, from this address
    const { name, totpSecret, cookie } = await person();
    const guesses = await Promise.all(Array.from({ length: 8 }, () => signIn({ name, code: "000000" })));
    const statuses = guesses.map(({ status }) => status).sort();
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429, 429, 429]);
    expect(guesses.find(({ status }) => status === 429)?.headers.get("retry-after")).toMatch(/^\d{4}$/);
    await nextCode(name);
    expect((await signIn({ name, code: codeAt(totpSecret) })).status).toBe(429);
    const device = cookie
      .split("; ")
      .filter((one) => one.startsWith("tessera-device"))
      .join("");
    expect((await signIn({ name, code: codeAt(totpSecret) }, device)).status).toBe(204);
    await gateway.restart();
  });
});
