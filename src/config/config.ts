import { randomBytes, randomUUID } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { explainDataDirError, makeDirectory } from "../platform/data-dir.ts";
import { isTimeZone } from "../platform/time-zone.ts";
import { readHandOffKey } from "./hand-off-key.ts";
import { plainTextProblems, serverSettingNames } from "./plain-text-settings.ts";

/** Thrown when the settings do not make sense. Its message is for the person at the terminal: one line a problem. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

const text = z.string().trim().min(1);
const flag = z.enum(["true", "false"]).transform((value) => value === "true");
const number = (min: number, max: number) => {
  const error = `expected a number from ${min} to ${max}`;
  return digits(/^\d+(\.\d+)?$/, error).pipe(z.number().min(min, error).max(max, error));
};
const integer = (min: number, max: number) => {
  const error = `expected a whole number from ${min} to ${max}`;
  return digits(/^\d+$/, error).pipe(z.number().min(min, error).max(max, error));
};
const digits = (shape: RegExp, error: string) => z.string().trim().regex(shape, error).transform(Number);
const digitsOnly = z
  .string()
  .trim()
  .regex(/^[1-9]\d*$/, "expected an id of digits only");
const url = (protocol: RegExp, example: string) => z.url({ protocol, error: `expected a URL such as ${example}` });
const httpOrigin = z.string().refine(
  (text) => {
    const { protocol, href, origin } = URL.parse(text) ?? {};
    return /^https?:$/.test(protocol ?? "") && href === `${origin}/`;
  },
  { error: "expected an origin without a path, such as https://client.example.com" },
);

const originOnly = httpOrigin.transform((url) => new URL(url).origin);

const portOrOff = z.string().transform((text, { addIssue }) => {
  const port = text.trim();
  if (port === "off") return port;
  if (/^\d+$/.test(port) && Number(port) <= 65_535) return Number(port);
  addIssue("expected a whole number from 0 to 65535, or off");
  return z.NEVER;
});

const list = z.string().transform((text) => text.split(",").flatMap((item) => item.trim() || []));

const path = z.string().regex(/^(\/[\w.~-]+)+$/, "expected a path such as /api/v1/points/credit");

const timeOfDay = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|never)$/, "expected a time of day such as 02:00, or never");

const handOffKey = z.string().transform((text, { addIssue }) => {
  try {
    return readHandOffKey(text.trim());
  } catch (error) {
    addIssue((error as Error).message);
    return z.NEVER;
  }
});

/** Where an API lives below its host: a URL without query, answered without the slash at its end. */
const httpBase = z
  .string()
  .refine(
    (text) => {
      const { protocol, href, origin, pathname } = URL.parse(text) ?? {};
      return /^https?:$/.test(protocol ?? "") && href === `${origin}${pathname}`;
    },
    { error: "expected a URL without query, such as https://api.example.com/api_gateway/rewards/core/v1" },
  )
  .transform((url) => url.replace(/\/+$/, ""));

/** The proxies whose `X-Forwarded-For` is believed. A mere number of them would not do: who reaches us directly could pose as one. */
const proxies = z
  .string()
  .transform((list) => list.split(",").map((address) => address.trim()))
  .refine((addresses) => addresses.every(isAddressOrNetwork), {
    error: "expected addresses or networks, such as 10.0.0.0/8, ::1",
  });
function isAddressOrNetwork(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const widest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return more.length === 0 && widest > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= widest));
}

/** Every setting there is. The README's table tells them in words. */
const settings = z.object({
  NODE_ENV: z.enum(["development", "production", "test"]).default("development"),
  HOST: text.optional(),
  PORT: integer(0, 65_535).default(4000),
  SHUTDOWN_DELAY_SECONDS: number(0, 300).optional(),
  DATA_DIR: text.default(".data"),
  DATABASE_URL: url(/^postgres(ql)?$/, "postgresql://user:password@host:5432/database").optional(),
  DATABASE_LISTEN_URL: url(/^postgres(ql)?$/, "postgresql://user:password@host:5432/database").optional(),
  DATABASE_POOL_SIZE: integer(2, 200).default(20),
  REDIS_URL: url(/^rediss?$/, "redis://host:6379").optional(),

  CLIENT_API_URL: httpOrigin.optional(),
  CLIENT_API_USER: text.optional(),
  CLIENT_API_PASSWORD: text.optional(),
  CLIENT_POINTS_AUTH: z.enum(["bearer", "basic"]).default("bearer"),
  CLIENT_REDEEM_REPEATABLE: flag.default(false),
  CLIENT_REVERSE_REPEATABLE: flag.default(false),
  CLIENT_SETTLE_SECONDS: number(0.05, 3_600).default(30),
  CLIENT_CREDIT_PATH: path.default("/api/v1/points/credit"),
  CLIENT_STATEMENT_PATH: path.optional(),
  CLIENT_HANDOFF_KEY: handOffKey.optional(),
  CLIENT_HANDOFF_CLAIM: text.default("sub"),
  CLIENT_HANDOFF_ISSUER: text.optional(),
  CLIENT_HANDOFF_AUDIENCE: text.optional(),
  CLIENT_HANDOFF_MAX_SECONDS: integer(60, 2_592_000).default(86_400),

  CAPILLARY_REWARDS_URL: httpBase.optional(),
  CAPILLARY_INTOUCH_URL: httpBase.optional(),
  CAPILLARY_TILL: text.optional(),
  CAPILLARY_PASSWORD: text.optional(),
  CAPILLARY_OAUTH_KEY: text.optional(),
  CAPILLARY_OAUTH_SECRET: text.optional(),
  CAPILLARY_ORG_ID: digitsOnly.optional(),
  CAPILLARY_BRAND: text.optional(),
  CAPILLARY_PROGRAM_ID: digitsOnly.optional(),
  CAPILLARY_INDIVIDUAL_LEDGER: z.enum(["client", "capillary"]).default("client"),
  CAPILLARY_CALLS_PER_MINUTE: integer(1, 1_000_000).default(1_000),
  CAPILLARY_AWARD_STRATEGY_ID: digitsOnly.optional(),
  CAPILLARY_EXPIRY_STRATEGY_ID: digitsOnly.optional(),

  REWARD_CREDIT_LEDGER: z.enum(["client", "capillary"]).default("client"),

  CATALOG_SYNC_SECONDS: integer(0, 86_400).default(300),

  MEMBER_EVENT_DAYS: integer(1, 3_650).default(90),
  KEEP_PASSWORD_REQUESTS_DAYS: integer(2, 365).default(7),
  KEEP_SESSIONS_DAYS: integer(1, 3_650).default(30),
  KEEP_IDEMPOTENCY_KEYS_DAYS: integer(1, 3_650).default(90),
  KEEP_WEBHOOK_DELIVERIES_DAYS: integer(1, 3_650).default(90),
  KEEP_ADDRESSES_DAYS: integer(1, 36_500).default(365),
  KEEP_MESSAGES_DAYS: integer(1, 36_500).default(365),
  KEEP_QUARANTINE_DAYS: integer(1, 36_500).default(180),
  KEEP_LEDGER_ENTRIES_DAYS: integer(35, 36_500).default(400),
  RECONCILE_AT: timeOfDay.default("02:00"),

  UPSTREAM_TIMEOUT_MS: integer(50, 120_000).default(5_000),
  UPSTREAM_CONNECTIONS: integer(1, 1_000).default(64),
  SANDBOX_PORT: integer(0, 65_535).default(4010),

  SESSION_SECRET: z.string().min(32, "expected at least 32 characters").optional(),
  VOUCHER_SECRET: z.string().min(32, "expected at least 32 characters").optional(),
  OTP_PER_CUSTOMER_HOUR: integer(1, 1_000).default(5),
  OTP_PER_ADDRESS_HOUR: integer(1, 100_000).default(200),
  OTP_PER_MINUTE: integer(1, 100_000).default(300),
  COST_PER_MINUTE_CUSTOMER: integer(5_000, 1_000_000_000).default(20_000),
  COST_PER_MINUTE_ADDRESS: integer(5_000, 1_000_000_000).default(100_000),
  COST_PER_MINUTE: integer(5_000, 1_000_000_000).default(2_000_000),
  SOCKETS_PER_SESSION: integer(1, 100_000).default(20),
  SOCKETS_PER_ADDRESS: integer(1, 100_000).default(50),
  OPERATOR_TOKEN: z.string().min(16, "expected at least 16 characters").optional(),
  OIDC_ISSUER: url(/^https?$/, "https://login.example.com").optional(),
  OIDC_AUDIENCE: text.optional(),
  OIDC_OPERATOR_CLAIM: text.default("roles"),
  WEBHOOK_SECRET: z.string().min(16, "expected at least 16 characters").optional(),
  REWARD_SERVICE_TOKEN: z.string().min(16, "expected at least 16 characters").optional(),
  REWARD_PROCESSOR_PORT: integer(0, 65_535).optional(),
  PROGRAM_TIME_ZONE: text
    .refine(isTimeZone, { error: "expected the name of a time zone, such as Asia/Jakarta" })
    .default("Asia/Jakarta"),
  PUBLIC_ORIGIN: originOnly.optional(),
  ALLOWED_ORIGINS: list.pipe(z.array(originOnly)).default([]),
  TRUST_PROXY: proxies.optional(),
  PLAIN_TEXT_ALLOWED: list
    .refine((names) => names.every((name) => (serverSettingNames as string[]).includes(name)), {
      error: `expected names of settings among ${serverSettingNames.join(", ")}`,
    })
    .default([]),
  TRUSTED_DOCUMENTS: z.enum(["off", "only"]).default("off"),
  TRUSTED_DOCUMENTS_MANIFESTS: list.default([]),

  SEED: z.enum(["sample", "none"]).optional(),
  METRICS_PORT: portOrOff.optional(),
  METRICS_HOST: text.optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpBase.optional(),
  OTEL_TRACES_SAMPLER_ARG: number(0, 1).default(0.1),
  OTEL_SERVICE_NAME: text.optional(),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  CRASH_POINTS: flag.default(false),
});

/** The port that the registry of Prometheus exporters has for OpenTelemetry. */
const DEFAULT_METRICS_PORT = 9_464;

/** The names of all settings. */
export const settingNames: readonly string[] = Object.keys(settings.shape);

export type Config = ReturnType<typeof readConfig>;

/**
 * Reads the settings, checks them against each other and freezes them. One that is blank counts as not given.
 *
 * @throws ConfigError naming every variable that is wrong, what was found and what is allowed
 * @throws SetupError when DATA_DIR cannot be used
 */
export function readConfig(env: Record<string, string | undefined>) {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
  const parsed = settings.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map((issue) => describe(String(issue.path[0]), given, issue.message)).join("\n"),
    );
  }
  const s = parsed.data;
  const problems = contradictions(s);
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));

  const isProduction = s.NODE_ENV === "production";
  // Made once and kept beside the data, so that sessions survive a restart of a machine nobody configured.
  const made = (name: string) => (isProduction ? undefined : storedSecret(s.DATA_DIR, name));

  const sessionSecret = s.SESSION_SECRET ?? made("session-secret") ?? "";
  const host = s.HOST ?? (isProduction ? "0.0.0.0" : "127.0.0.1");
  const metricsPort = s.METRICS_PORT ?? (isProduction ? DEFAULT_METRICS_PORT : "off");
  return Object.freeze({
    isProduction,
    host,
    port: s.PORT,
    dataDir: s.DATA_DIR,
    /** Undefined starts the embedded PostgreSQL. */
    databaseUrl: s.DATABASE_URL,
    /** For LISTEN, locks of a session and migrations, which need one connection from beginning to end. */
    databaseListenUrl: s.DATABASE_LISTEN_URL,
    databasePoolSize: s.DATABASE_POOL_SIZE,
    redisUrl: s.REDIS_URL,
    client: {
      /** Undefined starts the sandbox. */
      url: s.CLIENT_API_URL,
      user: s.CLIENT_API_USER ?? "tessera",
      password: s.CLIENT_API_PASSWORD ?? "sandbox",
      pointsAuth: s.CLIENT_POINTS_AUTH,
      redeemRepeatable: s.CLIENT_REDEEM_REPEATABLE,
      reverseRepeatable: s.CLIENT_REVERSE_REPEATABLE,
      settleMs: s.CLIENT_SETTLE_SECONDS * 1_000,
      creditPath: s.CLIENT_CREDIT_PATH,
      /** Undefined means the sandbox's where that is started, else none. */
      statementPath: s.CLIENT_STATEMENT_PATH,
    },
    /** How the links are to be with which the brand's own app signs its customers in. */
    handOff: {
      /** Undefined means the sandbox's where that is started, else that links sign nobody in. */
      key: s.CLIENT_HANDOFF_KEY,
      claim: s.CLIENT_HANDOFF_CLAIM,
      issuer: s.CLIENT_HANDOFF_ISSUER,
      audience: s.CLIENT_HANDOFF_AUDIENCE,
      maxSeconds: s.CLIENT_HANDOFF_MAX_SECONDS,
    },
    capillary: {
      /** Undefined means the sandbox's where that is started for the Client, else none. */
      api: capillaryApi(s),
      individualLedger: s.CAPILLARY_INDIVIDUAL_LEDGER,
      /** How points are given there; undefined where they are not. */
      strategies:
        s.CAPILLARY_AWARD_STRATEGY_ID && s.CAPILLARY_EXPIRY_STRATEGY_ID
          ? { awardStrategyId: s.CAPILLARY_AWARD_STRATEGY_ID, expiryStrategyId: s.CAPILLARY_EXPIRY_STRATEGY_ID }
          : undefined,
    },
    /** Who is to keep the points that members are awarded. */
    rewardCreditLedger: s.REWARD_CREDIT_LEDGER,
    /** 0 is never. */
    catalogSyncMs: s.CATALOG_SYNC_SECONDS * 1_000,
    /** Whose days a check-in and a cap are about. */
    memberEventDays: s.MEMBER_EVENT_DAYS,
    /** See `program/retention.ts`. */
    retentionDays: {
      challenges: s.KEEP_PASSWORD_REQUESTS_DAYS,
      sessions: s.KEEP_SESSIONS_DAYS,
      idempotencyKeys: s.KEEP_IDEMPOTENCY_KEYS_DAYS,
      deliveries: s.KEEP_WEBHOOK_DELIVERIES_DAYS,
      addresses: s.KEEP_ADDRESSES_DAYS,
      messages: s.KEEP_MESSAGES_DAYS,
      quarantine: s.KEEP_QUARANTINE_DAYS,
      ledgerEntries: s.KEEP_LEDGER_ENTRIES_DAYS,
    },
    /** Minutes after midnight in the programme; null for no nightly reconciliation. */
    reconcileAtMinute: s.RECONCILE_AT === "never" ? null : minutesOf(s.RECONCILE_AT),
    upstreamTimeoutMs: s.UPSTREAM_TIMEOUT_MS,
    shutdownDelayMs: (s.SHUTDOWN_DELAY_SECONDS ?? (s.NODE_ENV === "production" ? 5 : 0)) * 1_000,
    upstreamConnections: s.UPSTREAM_CONNECTIONS,
    sandboxPort: s.SANDBOX_PORT,
    sessionSecret,
    /** What voucher codes are locked with. */
    voucherSecret: s.VOUCHER_SECRET ?? sessionSecret,
    otpPerCustomerHour: s.OTP_PER_CUSTOMER_HOUR,
    otpPerAddressHour: s.OTP_PER_ADDRESS_HOUR,
    otpPerMinute: s.OTP_PER_MINUTE,
    /** See `graphql/rate-limits.ts`. */
    costPerMinute: {
      perCustomer: s.COST_PER_MINUTE_CUSTOMER,
      perBlock: s.COST_PER_MINUTE_ADDRESS,
      inAll: s.COST_PER_MINUTE,
    },
    socketsPerSession: s.SOCKETS_PER_SESSION,
    socketsPerAddress: s.SOCKETS_PER_ADDRESS,
    operatorToken: s.OPERATOR_TOKEN ?? made("operator-token"),
    oidc:
      s.OIDC_ISSUER && s.OIDC_AUDIENCE
        ? { issuer: s.OIDC_ISSUER, audience: s.OIDC_AUDIENCE, roleClaim: s.OIDC_OPERATOR_CLAIM }
        : undefined,
    webhookSecret: s.WEBHOOK_SECRET ?? made("webhook-secret"),
    /** Undefined lets no service in. */
    rewardServiceToken: s.REWARD_SERVICE_TOKEN ?? made("reward-service-token"),
    rewardProcessorPort: s.REWARD_PROCESSOR_PORT,
    programTimeZone: s.PROGRAM_TIME_ZONE,
    /** Undefined means that of each request. */
    publicOrigin: s.PUBLIC_ORIGIN,
    allowedOrigins: s.ALLOWED_ORIGINS,
    trustProxy: s.TRUST_PROXY ?? false,
    trustedDocuments: {
      /** The public may send the documents of the manifests and no others. */
      only: s.TRUSTED_DOCUMENTS === "only",
      /** Files, beside the microsite's own. */
      manifests: s.TRUSTED_DOCUMENTS_MANIFESTS,
    },
    seed: s.SEED ?? (isProduction ? ("none" as const) : ("sample" as const)),
    /** Where Prometheus reads the metrics; undefined if nothing is measured. */
    metrics:
      metricsPort === "off"
        ? undefined
        : { port: metricsPort, host: s.METRICS_HOST ?? host, isDefault: s.METRICS_PORT === undefined },
    /** Where traces are sent; undefined if nothing is traced. */
    tracing: s.OTEL_EXPORTER_OTLP_ENDPOINT
      ? {
          endpoint: s.OTEL_EXPORTER_OTLP_ENDPOINT,
          /** The share of requests that are traced. */
          ratio: s.OTEL_TRACES_SAMPLER_ARG,
          serviceName: s.OTEL_SERVICE_NAME,
        }
      : undefined,
    logLevel: s.LOG_LEVEL,
    hasCrashPoints: s.CRASH_POINTS,
  });
}

const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** What it takes to call Capillary; `contradictions` has seen to it that nothing is missing. */
function capillaryApi(s: z.infer<typeof settings>) {
  if (!s.CAPILLARY_REWARDS_URL) return undefined;
  return Object.freeze({
    rewardsUrl: s.CAPILLARY_REWARDS_URL,
    intouchUrl: s.CAPILLARY_INTOUCH_URL ?? "",
    till: s.CAPILLARY_TILL,
    password: s.CAPILLARY_PASSWORD,
    oauth:
      s.CAPILLARY_OAUTH_KEY && s.CAPILLARY_OAUTH_SECRET
        ? { key: s.CAPILLARY_OAUTH_KEY, secret: s.CAPILLARY_OAUTH_SECRET }
        : undefined,
    orgId: s.CAPILLARY_ORG_ID ?? "",
    brand: s.CAPILLARY_BRAND ?? "",
    programId: s.CAPILLARY_PROGRAM_ID ?? "",
    callsPerMinute: s.CAPILLARY_CALLS_PER_MINUTE,
  });
}

function describe(name: string, given: Record<string, string | undefined>, problem: string): string {
  const isSecret = /SECRET|PASSWORD|TOKEN|HANDOFF_KEY|^DATABASE_URL|^REDIS_URL/.test(name);
  const found = given[name];
  if (found === undefined) return `${name}: ${problem}`;
  const shown = found.replace(/\/\/.*@/, "//…@"); // credentials have no place in a URL, and none on a screen
  return `${name}: ${problem}; found ${isSecret ? `${found.length} characters` : JSON.stringify(shown)}`;
}

function contradictions(s: z.infer<typeof settings>): string[] {
  const problems: string[] = [];
  if (s.NODE_ENV === "production") {
    if (!s.SESSION_SECRET) problems.push("SESSION_SECRET: required in production, at least 32 random characters");
    if (!s.DATABASE_URL)
      problems.push("DATABASE_URL: required in production; the embedded PostgreSQL is for development and tests");
    if (!s.CLIENT_API_URL)
      problems.push("CLIENT_API_URL: required in production; only elsewhere the sandbox stands in");
    if (s.CRASH_POINTS) problems.push("CRASH_POINTS: lets a test kill the process and is refused in production");
    const { CLIENT_HANDOFF_KEY: handOff, ...others } = s;
    const servers = { ...others, CLIENT_HANDOFF_KEY: handOff?.kind === "jwks" ? handOff.url.href : undefined };
    problems.push(...plainTextProblems(servers, s.PLAIN_TEXT_ALLOWED));
  }
  if (typeof s.METRICS_PORT === "number" && s.METRICS_PORT !== 0 && s.METRICS_PORT === s.PORT) {
    problems.push(
      `PORT, METRICS_PORT: both are ${s.PORT}; the metrics are not for the public, so they have a port of their own`,
    );
  }
  if (s.CLIENT_API_URL && !(s.CLIENT_API_USER && s.CLIENT_API_PASSWORD)) {
    problems.push("CLIENT_API_USER, CLIENT_API_PASSWORD: both are required with CLIENT_API_URL");
  }
  if (Boolean(s.CAPILLARY_REWARDS_URL) !== Boolean(s.CAPILLARY_INTOUCH_URL)) {
    problems.push("CAPILLARY_REWARDS_URL, CAPILLARY_INTOUCH_URL: give both or neither");
  }
  if (Boolean(s.CAPILLARY_OAUTH_KEY) !== Boolean(s.CAPILLARY_OAUTH_SECRET)) {
    problems.push("CAPILLARY_OAUTH_KEY, CAPILLARY_OAUTH_SECRET: give both or neither");
  }
  if (s.REWARD_SERVICE_TOKEN && s.REWARD_SERVICE_TOKEN === s.OPERATOR_TOKEN) {
    problems.push("REWARD_SERVICE_TOKEN: must not be the OPERATOR_TOKEN, which opens more doors");
  }
  if (s.CAPILLARY_PASSWORD && !s.CAPILLARY_TILL) {
    problems.push("CAPILLARY_TILL: required with CAPILLARY_PASSWORD, whose user it is");
  }
  if (s.CAPILLARY_REWARDS_URL) {
    if (!s.CAPILLARY_PASSWORD && !s.CAPILLARY_OAUTH_KEY) {
      problems.push(
        "CAPILLARY_PASSWORD, CAPILLARY_OAUTH_KEY: give CAPILLARY_TILL with its password, or an OAuth key and secret",
      );
    }
    for (const name of ["CAPILLARY_ORG_ID", "CAPILLARY_BRAND", "CAPILLARY_PROGRAM_ID"] as const) {
      if (!s[name]) problems.push(`${name}: required with CAPILLARY_REWARDS_URL`);
    }
  }
  if (Boolean(s.CAPILLARY_AWARD_STRATEGY_ID) !== Boolean(s.CAPILLARY_EXPIRY_STRATEGY_ID)) {
    problems.push("CAPILLARY_AWARD_STRATEGY_ID, CAPILLARY_EXPIRY_STRATEGY_ID: give both or neither");
  }
  if (s.REWARD_CREDIT_LEDGER === "capillary") {
    if (s.CLIENT_API_URL && !s.CAPILLARY_REWARDS_URL) {
      problems.push("CAPILLARY_REWARDS_URL: required with REWARD_CREDIT_LEDGER=capillary, and what it requires");
    }
    if (!s.CAPILLARY_AWARD_STRATEGY_ID && !s.CAPILLARY_EXPIRY_STRATEGY_ID) {
      problems.push(
        "CAPILLARY_AWARD_STRATEGY_ID, CAPILLARY_EXPIRY_STRATEGY_ID: both are required with REWARD_CREDIT_LEDGER=capillary",
      );
    }
  }
  if (Boolean(s.OIDC_ISSUER) !== Boolean(s.OIDC_AUDIENCE)) {
    problems.push("OIDC_ISSUER, OIDC_AUDIENCE: give both or neither");
  }
  if (s.CLIENT_SETTLE_SECONDS * 1_000 < s.UPSTREAM_TIMEOUT_MS && s.NODE_ENV === "production") {
    problems.push(
      `CLIENT_SETTLE_SECONDS: must be at least UPSTREAM_TIMEOUT_MS (${s.UPSTREAM_TIMEOUT_MS} ms), or evidence is read while the call may still be under way`,
    );
  }
  return problems;
}

function storedSecret(dataDir: string, name: string): string {
  try {
    return keptSecret(dataDir, name);
  } catch (error) {
    throw explainDataDirError(error, dataDir, join(dataDir, name));
  }
}

function keptSecret(dataDir: string, name: string): string {
  const file = join(dataDir, name);
  makeDirectory(dataDir);
  const unfinished = `${file}.${randomUUID()}`;
  writeFileSync(unfinished, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
  try {
    // Appears whole or not at all, and not when another process has just made it: then its secret is ours too.
    linkSync(unfinished, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(unfinished);
  }
  const secret = readFileSync(file, "utf8").trim();
  if (secret.length < 16) throw new ConfigError(`${file}: holds no secret. Remove it, and a new one is made.`);
  return secret;
}
