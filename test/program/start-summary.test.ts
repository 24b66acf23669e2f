import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { logStartSummary, startSummary } from "../../src/program/start-summary.ts";
import { captureLog } from "../support/log.ts";

const random = () => randomBytes(36).toString("hex");

const SHARED = random();

/** Everything on, nothing unsafe. */
const careful: Record<string, string> = {
  NODE_ENV: "production",
  DATABASE_URL: "postgresql://tessera:hunter2@db.example.com/tessera?sslmode=verify-full",
  SESSION_SECRET: random(),
  VOUCHER_SECRET: random(),
  CLIENT_API_URL: "https://client.example.com",
  CLIENT_API_USER: "tessera",
  CLIENT_API_PASSWORD: "hunter2",
  CLIENT_HANDOFF_KEY: "https://client.example.com/jwks.json",
  CLIENT_HANDOFF_ISSUER: "https://client.example.com",
  CLIENT_HANDOFF_AUDIENCE: "rewards",
  CAPILLARY_REWARDS_URL: "https://capillary.example.com/api_gateway/rewards/core/v1",
  CAPILLARY_INTOUCH_URL: "https://capillary.example.com",
  CAPILLARY_TILL: "till",
  CAPILLARY_PASSWORD: "hunter2",
  CAPILLARY_ORG_ID: "1",
  CAPILLARY_BRAND: "brand",
  CAPILLARY_PROGRAM_ID: "1",
  REDIS_URL: "rediss://redis.example.com",
  OIDC_ISSUER: "https://login.example.com",
  OIDC_AUDIENCE: "tessera",
  OIDC_CLIENT_ID: "tessera-console",
  WEBHOOK_SECRET: random(),
  REWARD_SERVICE_TOKEN: random(),
  ROUTER_SECRET: random(),
  CLIENT_STATEMENT_PATH: "/statement",
  REVERSAL_APPROVAL_ABOVE_POINTS: "10000",
  PUBLIC_ORIGIN: "https://rewards.example.com",
  TRUST_PROXY: "10.0.0.0/8",
  TRUSTED_DOCUMENTS: "only",
  OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.example.com",
};
const summary = (changes: Record<string, string> = {}, env: Record<string, string> = {}) =>
  startSummary(readConfig({ ...careful, ...changes }), env);

test("a secure installation has nothing unsafe, and only the operators' token is off", () => {
  const { on, off, unsafe } = summary();
  expect(unsafe).toEqual([]);
  expect(off).toEqual(["the operators' token (OPERATOR_TOKEN)"]);
  expect(on).toHaveLength(16);
});

test("with production's minimal settings, each disabled part is named with its setting", () => {
  const { NODE_ENV = "", DATABASE_URL = "", SESSION_SECRET = "" } = careful;
  const { CLIENT_API_URL = "", CLIENT_API_USER = "", CLIENT_API_PASSWORD = "" } = careful;
  const least = { NODE_ENV, DATABASE_URL, SESSION_SECRET, CLIENT_API_URL, CLIENT_API_USER, CLIENT_API_PASSWORD };
  const { on, off } = startSummary(readConfig(least), {});
  expect(on).toEqual(["the nightly reconciliation (RECONCILE_AT)", "metrics (METRICS_PORT)"]);
  expect(off.join()).toMatch(
    /CAPILLARY_REWARDS_URL.*REDIS_URL.*CLIENT_HANDOFF_KEY.*OPERATOR_TOKEN.*OIDC_ISSUER.*OIDC_CLIENT_ID.*WEBHOOK_SECRET.*REWARD_SERVICE_TOKEN.*TRUSTED_DOCUMENTS.*TRUST_PROXY.*ROUTER_SECRET.*CATALOG_SYNC_SECONDS.*CLIENT_STATEMENT_PATH.*REVERSAL_APPROVAL_ABOVE_POINTS.*OTEL_EXPORTER_OTLP_ENDPOINT/,
  );
});

test.each<[string, Record<string, string>, Record<string, string>?]>([
  ["PLAIN_TEXT_ALLOWED", { REDIS_URL: "redis://redis.example.com", PLAIN_TEXT_ALLOWED: "REDIS_URL" }],
  ["NODE_TLS_REJECT_UNAUTHORIZED", {}, { NODE_TLS_REJECT_UNAUTHORIZED: "0" }],
  ["DATABASE_URL", { DATABASE_URL: "postgresql://tessera:hunter2@db.example.com/tessera?sslmode=no-verify" }],
  [
    "DATABASE_LISTEN_URL",
    { DATABASE_LISTEN_URL: "postgresql://tessera:hunter2@db.example.com/tessera?sslmode=no-verify" },
  ],
  ["SESSION_SECRET", { SESSION_SECRET: "s".repeat(32) }],
  ["WEBHOOK_SECRET", { WEBHOOK_SECRET: "ChangeMe-ChangeMe-2026" }],
  ["CLIENT_HANDOFF_KEY", { CLIENT_HANDOFF_KEY: "tessera-sandbox-signing-key-0001" }],
  ["WEBHOOK_SECRET = REWARD_SERVICE_TOKEN", { WEBHOOK_SECRET: SHARED, REWARD_SERVICE_TOKEN: SHARED }],
  ["NODE_OPTIONS", {}, { NODE_OPTIONS: "--inspect=0.0.0.0:9229" }],
  ["VOUCHER_SECRET", { VOUCHER_SECRET: "" }],
  ["PUBLIC_ORIGIN", { PUBLIC_ORIGIN: "", OIDC_CLIENT_ID: "" }],
  ["CLIENT_HANDOFF_ISSUER", { CLIENT_HANDOFF_ISSUER: "" }],
  ["OPERATOR_TOKEN", { OPERATOR_TOKEN: SHARED }],
  ["TRUST_PROXY", { TRUST_PROXY: "10.0.0.1, 128.0.0.0/1" }],
  ["SEED", { SEED: "sample" }],
])("%s is named if it is unsafe, and no secret is", (setting, changes, env) => {
  const { unsafe } = summary(changes, env);
  expect(unsafe).toEqual([expect.stringMatching(`^${setting}`)]);
  expect(unsafe.join()).not.toMatch(new RegExp(`hunter2|${SHARED}`));
});

test("each unsafe setting is a warning of its own in the log", async () => {
  const captured = await captureLog();
  logStartSummary(readConfig({ ...careful, SEED: "sample", VOUCHER_SECRET: "" }), captured.log);
  expect(captured.text().match(/Unsafe: /g)).toHaveLength(2);
  expect(captured.text()).not.toContain("hunter2");
});
