import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "../../src/config/config.ts";

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "tessera-config-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const read = (env: Record<string, string | undefined> = {}) => readConfig({ DATA_DIR: dataDir, ...env });
const client = {
  CLIENT_API_URL: "https://client.example.com",
  CLIENT_API_USER: "tessera",
  CLIENT_API_PASSWORD: "a password",
};
const capillary = {
  CAPILLARY_REWARDS_URL: "https://rewards.example.com/api_gateway/rewards/core/v1/",
  CAPILLARY_INTOUCH_URL: "https://intouch.example.com",
  CAPILLARY_TILL: "till.one",
  CAPILLARY_PASSWORD: "a password",
  CAPILLARY_ORG_ID: "100458",
  CAPILLARY_BRAND: "The Brand",
  CAPILLARY_PROGRAM_ID: "973",
};
const weakKey = String(
  generateKeyPairSync("rsa", { modulusLength: 1_024 }).publicKey.export({ format: "pem", type: "spki" }),
);
const strategies = { CAPILLARY_AWARD_STRATEGY_ID: "501", CAPILLARY_EXPIRY_STRATEGY_ID: "601" };
const production = {
  NODE_ENV: "production",
  SESSION_SECRET: "s".repeat(32),
  DATABASE_URL: "postgresql://tessera@db.example.com/tessera?sslmode=verify-full",
  ...client,
};
function problemsOf(env: Record<string, string | undefined>): string[] {
  try {
    read(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n");
    throw error;
  }
  return [];
}

const port = "expected a whole number from 0 to 65535";
const origin = "expected an origin without a path, such as https://client.example.com";
const base = "expected a URL without query, such as https://api.example.com/api_gateway/rewards/core/v1";
const flag = 'expected one of "true"|"false"';
describe("an error about a wrong setting names it, its value and the allowed values", () => {
  test.each([
    ["NODE_ENV", "staging", 'expected one of "development"|"production"|"test"'],
    ["PORT", "abc", port],
    ["PORT", "-1", port],
    ["PORT", "65536", port],
    ["PORT", "80.5", port],
    ["PORT", "1e3", port],
    ["PORT", "0x10", port],
    ["DATABASE_POOL_SIZE", "1", "expected a whole number from 2 to 200"],
    ["CLIENT_API_URL", "nonsense", origin],
    ["CLIENT_API_URL", "ftp://client.example.com", origin],
    ["CLIENT_API_URL", "https://client.example.com/api/v1", origin],
    ["CLIENT_API_URL", "https://client.example.com/?a=b", origin],
    ["CLIENT_API_URL", "https://client.example.com#top", origin],
    ["CATALOG_SYNC_SECONDS", "-1", "expected a whole number from 0 to 86400"],
    ["CATALOG_SYNC_SECONDS", "86401", "expected a whole number from 0 to 86400"],
    ["CLIENT_POINTS_AUTH", "digest", 'expected one of "bearer"|"basic"'],
    ["CLIENT_REDEEM_REPEATABLE", "yes", flag],
    ["CLIENT_REVERSE_REPEATABLE", "1", flag],
    ["CLIENT_SETTLE_SECONDS", "0", "expected a number from 0.05 to 3600"],
    ["CLIENT_SETTLE_SECONDS", "Infinity", "expected a number from 0.05 to 3600"],
    ["CLIENT_CREDIT_PATH", "https://client.example.com/credit", "expected a path such as /api/v1/points/credit"],
    ["CLIENT_CREDIT_PATH", "/credit?by=us", "expected a path such as /api/v1/points/credit"],
    ["CAPILLARY_AWARD_STRATEGY_ID", "one to one", "expected an id of digits only"],
    ["REWARD_CREDIT_LEDGER", "both", 'expected one of "client"|"capillary"'],
    ["CAPILLARY_REWARDS_URL", "rewards.example.com", base],
    ["CAPILLARY_REWARDS_URL", "https://rewards.example.com/v1?till=one", base],
    ["CAPILLARY_INTOUCH_URL", "ftp://intouch.example.com", base],
    ["CAPILLARY_INTOUCH_URL", "https://intouch.example.com/#v2", base],
    ["CAPILLARY_ORG_ID", "org", "expected an id of digits only"],
    ["CAPILLARY_PROGRAM_ID", "0", "expected an id of digits only"],
    ["CAPILLARY_INDIVIDUAL_LEDGER", "both", 'expected one of "client"|"capillary"'],
    ["CAPILLARY_CALLS_PER_MINUTE", "0", "expected a whole number from 1 to 1000000"],
    ["UPSTREAM_TIMEOUT_MS", "49", "expected a whole number from 50 to 120000"],
    ["UPSTREAM_CONNECTIONS", "0", "expected a whole number from 1 to 1000"],
    ["SANDBOX_PORT", "99999", port],
    ["OTP_PER_CUSTOMER_HOUR", "0", "expected a whole number from 1 to 1000"],
    ["OTP_PER_ADDRESS_HOUR", "many", "expected a whole number from 1 to 100000"],
    ["OIDC_ISSUER", "login", "expected a URL such as https://login.example.com"],
    ["ALLOWED_ORIGINS", "https://shop.example.com, shop", origin],
    ["ALLOWED_ORIGINS", "*", origin],
    ["PUBLIC_ORIGIN", "shop.example.com", origin],
    ["PUBLIC_ORIGIN", "https://shop.example.com/rewards", origin],
    ["PLAIN_TEXT_ALLOWED", "true", "expected names of settings among DATABASE_URL, "],
    ["PLAIN_TEXT_ALLOWED", "REDIS_URL, DATABASE", "expected names of settings among DATABASE_URL, "],
    ["TRUST_PROXY", "true", "addresses or networks"],
    ["TRUST_PROXY", "1", "addresses or networks"],
    ["TRUST_PROXY", "10.0.0.0/33", "addresses or networks"],
    ["TRUST_PROXY", "10.0.0.1, proxy", "addresses or networks"],
    ["TRUST_PROXY", "10.0.0.1, 0.0.0.0/0", "believes every address"],
    ["TRUSTED_DOCUMENTS", "yes", 'expected one of "off"|"only"'],
    ["CLIENT_HANDOFF_MAX_SECONDS", "59", "expected a whole number from 60 to 2592000"],
    ["SEED", "everything", 'expected one of "sample"|"none"'],
    ["PROGRAM_TIME_ZONE", "Jakarta", "such as Asia/Jakarta"],
    ["LOG_LEVEL", "loud", 'expected one of "trace"|"debug"|"info"|"warn"|"error"|"fatal"|"silent"'],
    ["CRASH_POINTS", "redeem:marked", '"true"'],
    ["KEEP_PASSWORD_REQUESTS_DAYS", "1", "expected a whole number from 2 to 365"], // no password, though its name has one
  ])("%s=%s", (name, value, allowed) => {
    const [problem, ...others] = problemsOf({ [name]: value });
    expect(others).toEqual([]);
    expect(problem).toMatch(new RegExp(`^${name}: `));
    expect(problem).toContain(allowed);
    expect(problem).toContain(`found ${JSON.stringify(value)}`);
  });

  test.each([
    ["SESSION_SECRET", "too short a secret", "expected at least 32 characters"],
    ["VOUCHER_SECRET", "too short", "expected at least 32 characters"],
    ["OPERATOR_TOKEN", "too short", "expected at least 16 characters"],
    ["WEBHOOK_SECRET", "too short", "expected at least 16 characters"],
    ["REWARD_SERVICE_TOKEN", "too short", "expected at least 16 characters"],
    ["DATABASE_URL", "mysql://me:hunter2@host/db", "expected a URL such as postgresql://"],
    [
      "CLIENT_HANDOFF_KEY",
      "too short",
      "expected a secret of at least 32 characters, a public key in PEM, or the URL of a JWKS",
    ],
    ["CLIENT_HANDOFF_KEY", "https://", "expected a URL such as https://login.example.com/jwks.json"],
    ["CLIENT_HANDOFF_KEY", "-----BEGIN PUBLIC KEY-----", "expected a public key in PEM, which this is not"],
    ["CLIENT_HANDOFF_KEY", "-----BEGIN PRIVATE KEY-----", "expected the public key"],
    ["CLIENT_HANDOFF_KEY", weakKey, "expected a public key of RSA with at least 2048 bits, of P-256 or of Ed25519"],
    ["DATABASE_URL", "hunter2", "expected a URL such as postgresql://"],
    ["SESSION_SECRET_FALLBACK", "too short", "expected at least 32 characters"],
    ["OPERATOR_TOKEN_FALLBACK", "too short", "expected at least 16 characters"],
    ["CLIENT_HANDOFF_KEY_FALLBACK", "too short", "expected a secret of at least 32 characters"],
    ["DATABASE_LISTEN_URL", "hunter2", "expected a URL such as postgresql://"],
    ["REDIS_URL", "http://:hunter2@host", "expected a URL such as redis://"],
  ])("%s, which is a secret, only by its length", (name, value, allowed) => {
    const [problem, ...others] = problemsOf({ [name]: value });
    expect(others).toEqual([]);
    expect(problem).toMatch(new RegExp(`^${name}: ${allowed}.*; found ${value.length} characters$`));
  });

  test("a second value of a token without a first one, and a service's token that equals an operator's", () => {
    expect(problemsOf({ OPERATOR_TOKEN_FALLBACK: "a-token-of-sixteen-or-more" })).toEqual([
      "OPERATOR_TOKEN_FALLBACK: OPERATOR_TOKEN is not set. Set it, or remove its second value",
    ]);
    const [same, next] = ["a-token-of-sixteen-or-more", "the-next-token-of-operators"];
    const tokens = { OPERATOR_TOKEN: next, OPERATOR_TOKEN_FALLBACK: same, REWARD_SERVICE_TOKEN: same };
    expect(problemsOf(tokens)).toEqual([
      "REWARD_SERVICE_TOKEN: must not be the OPERATOR_TOKEN, which opens more doors",
    ]);
  });

  test("CLIENT_API_URL with credentials in it, without them", () => {
    const [problem] = problemsOf({ CLIENT_API_URL: "https://me:hunter2@client.example.com" });
    expect(problem).toBe(`CLIENT_API_URL: ${origin}; found "https://…@client.example.com"`);
  });

  test("all of them at once, a line each", () => {
    const problems = problemsOf({ PORT: "x", LOG_LEVEL: "x", SEED: "x" });
    expect(problems.map((problem) => problem.split(":")[0]).toSorted()).toEqual(["LOG_LEVEL", "PORT", "SEED"]);
  });
});

describe("contradictory settings", () => {
  test.each([
    [{ CLIENT_API_URL: client.CLIENT_API_URL }, "CLIENT_API_USER, CLIENT_API_PASSWORD"],
    [{ ...client, CLIENT_API_PASSWORD: "" }, "CLIENT_API_USER, CLIENT_API_PASSWORD"],
    [{ ...capillary, CAPILLARY_INTOUCH_URL: undefined }, "CAPILLARY_REWARDS_URL, CAPILLARY_INTOUCH_URL"],
    [{ CAPILLARY_INTOUCH_URL: "https://intouch.example.com" }, "CAPILLARY_REWARDS_URL, CAPILLARY_INTOUCH_URL"],
    [{ CAPILLARY_OAUTH_KEY: "key" }, "CAPILLARY_OAUTH_KEY, CAPILLARY_OAUTH_SECRET"],
    [{ ...capillary, CAPILLARY_OAUTH_SECRET: "secret" }, "CAPILLARY_OAUTH_KEY, CAPILLARY_OAUTH_SECRET"],
    [{ ...capillary, CAPILLARY_TILL: undefined }, "CAPILLARY_TILL"],
    [{ ...capillary, CAPILLARY_PASSWORD: " " }, "CAPILLARY_PASSWORD, CAPILLARY_OAUTH_KEY"],
    [{ ...capillary, CAPILLARY_ORG_ID: undefined }, "CAPILLARY_ORG_ID"],
    [{ ...capillary, CAPILLARY_BRAND: undefined }, "CAPILLARY_BRAND"],
    [{ ...capillary, CAPILLARY_PROGRAM_ID: undefined }, "CAPILLARY_PROGRAM_ID"],
    [{ CAPILLARY_AWARD_STRATEGY_ID: "501" }, "CAPILLARY_AWARD_STRATEGY_ID, CAPILLARY_EXPIRY_STRATEGY_ID"],
    [{ REWARD_CREDIT_LEDGER: "capillary" }, "CAPILLARY_AWARD_STRATEGY_ID, CAPILLARY_EXPIRY_STRATEGY_ID"],
    [{ ...client, ...strategies, REWARD_CREDIT_LEDGER: "capillary" }, "CAPILLARY_REWARDS_URL"],
    [{ OIDC_ISSUER: "https://login.example.com" }, "OIDC_ISSUER, OIDC_AUDIENCE, OIDC_CLIENT_ID"],
    [{ OIDC_AUDIENCE: "tessera" }, "OIDC_ISSUER, OIDC_AUDIENCE, OIDC_CLIENT_ID"],
    [{ ...production, SESSION_SECRET: undefined }, "SESSION_SECRET"],
    [{ ...production, SESSION_SECRET: " ".repeat(40) }, "SESSION_SECRET"],
    [{ ...production, CLIENT_API_URL: undefined }, "CLIENT_API_URL"],
    [{ ...production, CRASH_POINTS: "true" }, "CRASH_POINTS"],
    [{ ...production, CLIENT_SETTLE_SECONDS: "4.9", UPSTREAM_TIMEOUT_MS: "5000" }, "CLIENT_SETTLE_SECONDS"],
  ])("are refused by name: %o", (env, names) => {
    const problems = problemsOf(env);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${names}: `));
  });
  test("are all named at once", () => {
    expect(problemsOf({ NODE_ENV: "production" }).map((problem) => problem.split(":")[0])).toEqual([
      "SESSION_SECRET",
      "DATABASE_URL",
      "CLIENT_API_URL",
    ]);
  });
});

describe("in production a setting by which secrets would cross a network in plain text", () => {
  const database = "postgresql://tessera:hunter2@db.example.com/tessera";
  const plain: [name: string, value: string, host: string][] = [
    ["DATABASE_URL", database, "db.example.com"],
    ["DATABASE_URL", `${database}?sslmode=disable`, "db.example.com"],
    ["DATABASE_URL", "postgresql://tessera@localhost/tessera?host=db.example.com", "db.example.com"],
    ["DATABASE_LISTEN_URL", database, "db.example.com"],
    ["REDIS_URL", "redis://:hunter2@cache.example.com:6379", "cache.example.com:6379"],
    ["CLIENT_API_URL", "http://client.example.com", "client.example.com"],
    ["CLIENT_API_URL", "http://10.0.0.7:8080", "10.0.0.7:8080"],
    ["CLIENT_API_URL", "http://127.0.0.1.evil.example", "127.0.0.1.evil.example"],
    ["CAPILLARY_REWARDS_URL", "http://rewards.example.com/v1", "rewards.example.com"],
    ["CAPILLARY_INTOUCH_URL", "http://intouch.example.com", "intouch.example.com"],
    ["CLIENT_HANDOFF_KEY", "http://login.example.com/keys", "login.example.com"],
    ["OIDC_ISSUER", "http://login.example.com", "login.example.com"],
    ["PUBLIC_ORIGIN", "http://shop.example.com", "shop.example.com"],
    ["ALLOWED_ORIGINS", "https://app.example.com, http://shop.example.com", "shop.example.com"],
  ];
  const whole = { ...production, ...capillary, OIDC_ISSUER: "https://login.example.com", OIDC_AUDIENCE: "tessera" };

  test.each(plain)("is refused: %s=%s", (name, value, host) => {
    const [problem, ...others] = problemsOf({ ...whole, [name]: value });
    expect(others).toEqual([]);
    expect(problem).toMatch(new RegExp(`^${name}: secrets would cross the network to ${host} in plain text`));
    expect(problem).not.toContain("hunter2");
  });

  test.each(plain)("is accepted where it is named as an exception, and outside production: %s=%s", (name, value) => {
    expect(problemsOf({ ...whole, [name]: value, PLAIN_TEXT_ALLOWED: `OIDC_ISSUER, ${name}` })).toEqual([]);
    expect(problemsOf({ ...whole, [name]: value, NODE_ENV: "development" })).toEqual([]);
  });

  test.each([
    ["DATABASE_URL", "postgresql://tessera@127.0.0.1/tessera"],
    ["DATABASE_URL", "postgresql://tessera@localhost:5433/tessera"],
    ["DATABASE_URL", "postgresql:///tessera?host=/var/run/postgresql"],
    ["DATABASE_URL", `${database}?sslmode=require`],
    ["DATABASE_URL", `${database}?ssl=true`],
    ["REDIS_URL", "rediss://cache.example.com"],
    ["REDIS_URL", "redis://[::1]:6379"],
    ["CLIENT_API_URL", "http://localhost:4010"],
    ["CAPILLARY_REWARDS_URL", "http://[::1]:4010/v1"],
    ["PUBLIC_ORIGIN", "http://localhost:4000"],
  ])("is accepted on this machine and with TLS: %s=%s", (name, value) => {
    expect(problemsOf({ ...whole, [name]: value })).toEqual([]);
  });

  test("is refused where the certificate that it names cannot be read", () => {
    const [problem, ...others] = problemsOf({ ...whole, DATABASE_URL: `${database}?sslrootcert=/nowhere/root.crt` });
    expect(others).toEqual([]);
    expect(problem).toMatch(/^DATABASE_URL: .*\/nowhere\/root.crt/);
    expect(problem).not.toContain("hunter2");
  });
});

describe("without settings", () => {
  test("a development machine has working defaults", () => {
    expect(read()).toMatchObject({
      isProduction: false,
      host: "127.0.0.1",
      port: 4_000,
      databaseUrl: undefined,
      client: { url: undefined, user: "tessera", password: "sandbox", pointsAuth: "bearer", settleMs: 30_000 },
      capillary: { api: undefined, individualLedger: "client" },
      upstreamTimeoutMs: 5_000,
      allowedOrigins: [],
      seed: "sample",
      logLevel: "info",
      hasCrashPoints: false,
    });
  });

  test("a blank one counts as missing", () => {
    const names = [
      "PORT",
      "HOST",
      "DATABASE_URL",
      "CLIENT_API_URL",
      "SEED",
      "LOG_LEVEL",
      "OPERATOR_TOKEN",
      "CRASH_POINTS",
    ];
    for (const blank of ["", "   "])
      expect(read(Object.fromEntries(names.map((name) => [name, blank])))).toEqual(read());
  });

  test("production listens on all interfaces, seeds nothing, and generates no secrets", () => {
    const config = read(production);
    expect(config).toMatchObject({
      host: "0.0.0.0",
      seed: "none",
      sessionSecrets: { current: production.SESSION_SECRET, fallback: undefined },
      operatorToken: undefined,
      webhookSecret: undefined,
      rewardServiceToken: undefined,
      client: { url: "https://client.example.com", user: "tessera", password: "a password" },
    });
    expect(readdirSync(dataDir)).toEqual([]);
  });
});

test("settings are trimmed and parsed", () => {
  const config = read({
    PORT: " 8080 ",
    CLIENT_SETTLE_SECONDS: "0.2",
    CLIENT_REDEEM_REPEATABLE: "true",
    TRUST_PROXY: "10.0.0.0/8, ::1",
    ALLOWED_ORIGINS: "https://shop.example.com, http://localhost:3000/ ,",
    OIDC_ISSUER: "https://login.example.com/tenant",
    OIDC_AUDIENCE: "tessera",
    OIDC_OPERATOR_CLAIM: "realm_access.roles",
    PUBLIC_ORIGIN: "https://rewards.example.com/",
    SEED: "none",
    PROGRAM_TIME_ZONE: "Asia/Makassar",
    MEMBER_EVENT_DAYS: "30",
  });
  expect(config).toMatchObject({
    port: 8_080,
    programTimeZone: "Asia/Makassar",
    memberEventDays: 30,
    client: { settleMs: 200, redeemRepeatable: true, reverseRepeatable: false },
    trustProxy: ["10.0.0.0/8", "::1"],
    allowedOrigins: ["https://shop.example.com", "http://localhost:3000"],
    oidc: { issuer: "https://login.example.com/tenant", audience: "tessera", roleClaim: "realm_access.roles" },
    publicOrigin: "https://rewards.example.com",
    seed: "none",
  });
  expect(() => Object.assign(config, { port: 1 })).toThrow("read only");
});

describe("Capillary", () => {
  test("is called with till and password", () => {
    expect(read({ ...production, ...capillary, CAPILLARY_INDIVIDUAL_LEDGER: "capillary" }).capillary).toEqual({
      api: {
        rewardsUrl: "https://rewards.example.com/api_gateway/rewards/core/v1",
        intouchUrl: "https://intouch.example.com",
        till: "till.one",
        password: "a password",
        oauth: undefined,
        orgId: "100458",
        brand: "The Brand",
        programId: "973",
        callsPerMinute: 1_000,
      },
      individualLedger: "capillary",
      strategies: undefined,
    });
  });
  test("holds members' awards if it is configured to", () => {
    const config = read({ ...client, ...capillary, ...strategies, REWARD_CREDIT_LEDGER: "capillary" });
    expect(config.capillary.strategies).toEqual({ awardStrategyId: "501", expiryStrategyId: "601" });
    expect(config.rewardCreditLedger).toBe("capillary");
    expect(read()).toMatchObject({ rewardCreditLedger: "client", client: { creditPath: "/api/v1/points/credit" } });
  });
  test("is called with OAuth, with or without a till, within its rate limit", () => {
    const oauth = { CAPILLARY_OAUTH_KEY: "key", CAPILLARY_OAUTH_SECRET: "secret", CAPILLARY_PASSWORD: undefined };
    expect(read({ ...capillary, ...oauth, CAPILLARY_CALLS_PER_MINUTE: "100" }).capillary.api).toMatchObject({
      till: "till.one",
      password: undefined,
      oauth: { key: "key", secret: "secret" },
      callsPerMinute: 100,
    });
    expect(read({ ...capillary, ...oauth, CAPILLARY_TILL: undefined }).capillary.api).toMatchObject({
      till: undefined,
    });
  });
});

describe("the key for notifications", () => {
  const key = Buffer.alloc(32, 7).toString("base64url");
  const production = {
    NODE_ENV: "production",
    SESSION_SECRET: "x".repeat(32),
    DATABASE_URL: "postgresql://u@localhost/d",
    CLIENT_API_URL: "https://client.example.com",
    CLIENT_API_USER: "u",
    CLIENT_API_PASSWORD: "p",
  };

  test("is none in production unless set, and needs a subject there", () => {
    expect(read(production).push).toBeUndefined();
    expect(() => read({ ...production, PUSH_PRIVATE_KEY: key })).toThrow("PUSH_SUBJECT: required");
    const { push } = read({ ...production, PUSH_PRIVATE_KEY: key, PUSH_SUBJECT: "mailto:rewards@example.com" });
    expect(push).toMatchObject({ privateKey: key, subject: "mailto:rewards@example.com" });
    expect(Buffer.from(push?.publicKey ?? "", "base64url")).toHaveLength(65);
  });

  test.each(["short", "A".repeat(43), "_".repeat(43)])("is not %s", (text) => {
    expect(() => read({ PUSH_PRIVATE_KEY: text })).toThrow(
      /^PUSH_PRIVATE_KEY: expected the 32 bytes.*found \d+ characters$/,
    );
  });
});

describe("a missing secret", () => {
  const files = [
    "operator-token",
    "push-private-key",
    "reward-service-token",
    "router-secret",
    "session-secret",
    "webhook-secret",
  ];

  test("is generated once and stored beside the data, readable by its owner only", () => {
    const { sessionSecrets, operatorToken, webhookSecret, rewardServiceToken, routerSecrets } = read();
    const made = [operatorToken, rewardServiceToken, routerSecrets[0], sessionSecrets.current, webhookSecret];
    expect(new Set(made).size).toBe(5);
    for (const secret of made) expect(secret).toMatch(/^[\w-]{43}$/);
    expect(readdirSync(dataDir).toSorted()).toEqual(files);
    for (const file of files) expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600);
    expect(read()).toMatchObject({ sessionSecrets, operatorToken, webhookSecret, rewardServiceToken, routerSecrets });
    expect(readFileSync(join(dataDir, "operator-token"), "utf8").trim()).toBe(operatorToken);
  });

  test("is generated in a new data directory, and differs in another", () => {
    const [one, two] = [join(dataDir, "deep", "one"), join(dataDir, "two")];
    expect(read({ DATA_DIR: one }).sessionSecrets).not.toEqual(read({ DATA_DIR: two }).sessionSecrets);
  });

  test("is not generated if the setting has a value", () => {
    expect(read({ OPERATOR_TOKEN: "given-operator-token" }).operatorToken).toBe("given-operator-token");
    expect(readdirSync(dataDir).toSorted()).toEqual(files.slice(1));
  });

  test("is the same for processes that start at once", async () => {
    const script = `
      import { readConfig } from ${JSON.stringify(new URL("../../src/config/config.ts", import.meta.url).href)};
      process.stdout.write(readConfig({ DATA_DIR: ${JSON.stringify(dataDir)} }).sessionSecrets.current);`;
    const start = () => promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
    const secrets = (await Promise.all(Array.from({ length: 6 }, start))).map(({ stdout }) => stdout);
    expect(new Set(secrets)).toEqual(new Set([read().sessionSecrets.current]));
    expect(readdirSync(dataDir).toSorted()).toEqual(files);
  });

  test("is not read from an empty file left behind", () => {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(join(dataDir, "session-secret"), "\n");
    expect(() => read()).toThrow(ConfigError);
    expect(() => read()).toThrow(`${join(dataDir, "session-secret")}: contains no secret`);
  });
});
