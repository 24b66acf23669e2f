import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeCipher } from "../../src/platform/cipher.ts";
import { MINUTE, makeTestClock } from "../support/clock.ts";
import {
  OPERATOR_TOKEN,
  REWARD_SERVICE_TOKEN,
  SESSION_SECRET,
  startTestGateway,
  type TestGateway,
  WEBHOOK_SECRET,
} from "../support/gateway.ts";
import { makeCaller } from "../support/graphql.ts";
import { type CapturedLog, captureLog } from "../support/log.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";
import { postRefresh, postVerifyOtp, requestOtp, sentOtp, wrongOtp } from "../support/sign-in.ts";

const MOBILE = "97XXXXXX31";
const clock = makeTestClock();
let captured: CapturedLog;
let gateway: TestGateway;
beforeAll(async () => {
  captured = await captureLog();
  gateway = await startTestGateway({}, { clock, log: captured.log });
});
afterAll(() => gateway[Symbol.asyncDispose]());

let customerId: string;
let challengeId: string;
/** The values of one sign-in that only its customer may see. */
let secrets: { otp: string; accessToken: string; refreshToken: string; clientToken: string };
const ours = { SESSION_SECRET, OPERATOR_TOKEN, REWARD_SERVICE_TOKEN, WEBHOOK_SECRET, credentials: "tessera:sandbox" };
let participants = 0;

beforeEach(async () => {
  captured.clear();
  participants += 1;
  customerId = `C-${participants}`;
  gateway.sandbox.client.addCustomer({ customer_id: customerId, balance: 1_000, mobile: MOBILE });
  challengeId = (await requestOtp(gateway, customerId)).challengeId ?? "";
  const otp = await sentOtp(gateway, customerId);
  const { body } = await postVerifyOtp(gateway, { challengeId, otp });
  const session = body.data?.verifyOtp.session;
  if (!session) throw new Error(`not signed in: ${JSON.stringify(body)}`);
  secrets = { otp, ...session, clientToken: await clientTokenOf(customerId) };
});

/** The points provider's JWT, which only the session secret decrypts. */
async function clientTokenOf(owner: string): Promise<string> {
  const [row] = await gateway.sql<{ id: string; client_token: Buffer }>(
    "select id, client_token from sessions where customer_id = $1",
    [owner],
  );
  if (!row) throw new Error(`${owner} has no session`);
  return makeCipher(SESSION_SECRET, "client-token/session").decrypt(row.client_token, row.id);
}

/** Every row of every table, the durable engine's included. */
async function everyRow(): Promise<string> {
  const tables = await gateway.sql<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
      where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) => gateway.sql<{ row: string }>(`select t::text as row from ${name} t`)),
  );
  return rows
    .flat()
    .map(({ row }) => row)
    .join("\n");
}

/** The values that occur in a text, as they are or as PostgreSQL prints bytes. */
function found(text: string, wanted: Record<string, string>): string[] {
  const isIn = (secret: string) =>
    /^\d+$/.test(secret)
      ? new RegExp(`\\b${secret}\\b`).test(text) // six digits may be part of a longer value
      : [secret, Buffer.from(secret).toString("hex"), Buffer.from(secret).toString("base64")].some((s) =>
          text.includes(s),
        );
  return Object.keys(wanted).filter((name) => isIn(wanted[name] ?? ""));
}

describe("the database", () => {
  test("holds no readable one-time password, token or provider's JWT", async () => {
    const caller = makeCaller(() => gateway.url, secrets.accessToken);
    const reward = await gateway.voucher({ points: 100 });
    await orderSettled(caller, await placeOrder(caller, reward.id)); // which stores its own JWT, to read evidence
    const rows = await everyRow();

    expect(rows).toContain(customerId);
    expect(found(rows, secrets)).toEqual([]);
    for (const code of reward.codes) expect(rows).not.toContain(code);
  });

  test("stores only the hash of a refresh token", async () => {
    const [{ count } = { count: 0 }] = await gateway.sql<{ count: number }>(
      "select count(*)::int as count from refresh_tokens where token_hash = $1",
      [createHash("sha256").update(secrets.refreshToken).digest()],
    );
    expect(count).toBe(1);
  });

  test("stores the provider's JWT encrypted for its own session", async () => {
    expect(secrets.clientToken).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
    const [mine] = await gateway.sql<{ client_token: Buffer }>(
      "select client_token from sessions where customer_id = $1",
      [customerId],
    );
    const box = makeCipher(SESSION_SECRET, "client-token/session");
    expect(() => box.decrypt(mine?.client_token ?? Buffer.alloc(0), "another session")).toThrow();
  });

  test("stores no network addresses", async () => {
    expect(await everyRow()).not.toMatch(/127\.0\.0\.1|::1/);
  });
});

describe("neither the log nor an error holds a secret", () => {
  let answers: unknown[];
  beforeEach(() => {
    answers = [];
  });
  const expectNoSecrets = (alsoNot: Record<string, string> = {}) => {
    const wanted = { ...secrets, ...ours, ...alsoNot };
    expect(captured.text()).toContain('"viewer":"anonymous"'); // it is not empty
    expect(found(captured.text(), wanted)).toEqual([]);
    expect(found(JSON.stringify(answers), wanted)).toEqual([]);
  };

  const send = async (query: string, variables: Record<string, unknown> = {}) =>
    void answers.push(await makeCaller(() => gateway.url, secrets.accessToken).send(query, variables));
  const verify = async (otp = secrets.otp, headers = {}) =>
    void answers.push((await postVerifyOtp(gateway, { challengeId, otp }, headers)).body);
  /** A new password for the current customer. */
  async function askAgain() {
    clock.advance(10 * MINUTE);
    const sent = gateway.sandbox.calls.since(0).filter((call) => call.operation === "generate-otp").length;
    challengeId = (await requestOtp(gateway, customerId)).challengeId ?? "";
    await gateway.sandbox.calls.waitFor(
      () => gateway.sandbox.calls.since(0).filter((call) => call.operation === "generate-otp").length > sent,
    );
    secrets.otp = await sentOtp(gateway, customerId, 2);
  }

  /** Runs while a table refuses all writes. */
  async function whileBroken(table: string, work: () => Promise<void>) {
    await gateway.sql(`alter table ${table} add constraint broken check (false) not valid`);
    try {
      await work();
    } finally {
      await gateway.sql(`alter table ${table} drop constraint broken`);
    }
  }

  test("when every request succeeds", async () => {
    await send("{ me { customerId wallet { balance } } }");
    expectNoSecrets({ MOBILE });
  });

  test("when a password or a token is wrong", async () => {
    await askAgain();
    await verify(wrongOtp(secrets.otp));
    // Only the caller reads their own input.
    await gateway.anonymous.send(
      `mutation ($otp: String!) { verifyOtp(input: { challengeId: "x", otp: $otp }) { userErrors { code } } }`,
      {
        otp: Number(secrets.otp),
      },
    );
    answers.push((await postRefresh(gateway, `${secrets.refreshToken}x`)).body.errors);
    expectNoSecrets({ MOBILE });
  });

  test.each([
    ["answers half", { fault: "malformed", message: "half", commit: true }],
    ["answers nonsense", { fault: "malformed" }],
    ["fails", { fault: "http-500" }],
    ["breaks off", { fault: "commit-then-drop" }],
  ] as const)("when the points provider %s", async (_, fault) => {
    await askAgain();
    gateway.sandbox.faults.add({ upstream: "client", operation: "verify-otp", ...fault });
    await verify();
    expect(answers).toMatchObject([{ data: { verifyOtp: { userErrors: [{ code: "UPSTREAM_UNAVAILABLE" }] } } }]);
    gateway.sandbox.faults.add({ upstream: "client", operation: "points", ...fault });
    await send("{ me { wallet { balance } } }");
    expectNoSecrets({ MOBILE });
  });

  test.each(["customers", "sessions", "refresh_tokens", "otp_challenges"])(
    "when the database refuses writes to %s, and the answer has only an id to quote",
    async (table) => {
      await askAgain();
      await whileBroken(table, () => verify());
      expect(answers).toEqual([
        {
          data: null,
          errors: [
            {
              message: "Something went wrong on our side.",
              path: ["verifyOtp"],
              locations: expect.any(Array),
              extensions: { code: "INTERNAL_SERVER_ERROR", retryable: false, requestId: expect.any(String) },
            },
          ],
        },
      ]);
      const { requestId } = (answers[0] as { errors: [{ extensions: { requestId: string } }] }).errors[0].extensions;
      expect(captured.text()).toContain(requestId);
      expectNoSecrets();
    },
  );

  test("when a session cannot be refreshed or ended", async () => {
    await whileBroken(
      "refresh_tokens",
      async () => void answers.push((await postRefresh(gateway, secrets.refreshToken)).body),
    );
    await whileBroken("sessions", () => send("mutation { signOut { userErrors { code } } }"));
    expect(answers).toMatchObject(Array(2).fill({ errors: [{ extensions: { code: "INTERNAL_SERVER_ERROR" } }] }));
    expectNoSecrets();
  });

  test("when a password is requested and its challenge cannot be stored", async () => {
    clock.advance(10 * MINUTE);
    await whileBroken("otp_challenges", () =>
      send(`mutation { requestOtp(input: { customerId: "${customerId}" }) { challengeId } }`),
    );
    expect(answers).toMatchObject([{ errors: [{ extensions: { code: "INTERNAL_SERVER_ERROR" } }] }]);
    expectNoSecrets();
  });
});
