import { createECDH, randomBytes, randomUUID } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import { explainDataDirError, makeDirectory } from "../platform/data-dir.ts";
import { plainTextProblems } from "./plain-text-settings.ts";
import { settings } from "./settings.ts";

/** Thrown for invalid settings. Its message is for the person at the terminal: one line for each problem. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** The port for OpenTelemetry in the registry of Prometheus exporters. */
const DEFAULT_METRICS_PORT = 9_464;

/** The names of all settings. */
export const settingNames: readonly string[] = Object.keys(settings.shape);

export type Config = ReturnType<typeof readConfig>;

/**
 * Reads the settings, checks them against each other and freezes them. A blank setting counts as absent.
 *
 * @throws ConfigError naming every invalid variable, its value and the allowed values
 * @throws SetupError if DATA_DIR cannot be used
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
  // Generated once and stored in DATA_DIR, so that sessions survive a restart of an unconfigured machine.
  const made = (name: string) => (isProduction ? undefined : storedSecret(s.DATA_DIR, name));

  const sessionSecret = s.SESSION_SECRET ?? made("session-secret") ?? "";
  const voucherSecret = s.VOUCHER_SECRET ?? sessionSecret;
  const operatorToken = s.OPERATOR_TOKEN ?? made("operator-token");
  const routerSecret = s.ROUTER_SECRET ?? made("router-secret");
  const webhookSecret = s.WEBHOOK_SECRET ?? made("webhook-secret");
  const rewardServiceToken = s.REWARD_SERVICE_TOKEN ?? made("reward-service-token");
  const pushPrivateKey = s.PUSH_PRIVATE_KEY ?? made("push-private-key");
  const host = s.HOST ?? (isProduction ? "0.0.0.0" : "127.0.0.1");
  const metricsPort = s.METRICS_PORT ?? (isProduction ? DEFAULT_METRICS_PORT : "off");
  return Object.freeze({
    isProduction,
    host,
    port: s.PORT,
    dataDir: s.DATA_DIR,
    /** Undefined starts the embedded PostgreSQL. */
    databaseUrl: s.DATABASE_URL,
    /** For LISTEN, session locks and migrations, which need one connection throughout. */
    databaseListenUrl: s.DATABASE_LISTEN_URL,
    databasePoolSize: s.DATABASE_POOL_SIZE,
    redisUrl: s.REDIS_URL,
    pictures: {
      /** Where uploads are stored. */
      storage: s.PICTURE_STORAGE,
      /** Undefined serves pictures of the database alone. */
      s3: s3(s),
    },
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
      /** Undefined means the sandbox's if the gateway starts it, else none. */
      statementPath: s.CLIENT_STATEMENT_PATH,
    },
    /** Requirements for sign-in links of the brand's own app. */
    handOff: {
      /** Undefined means the sandbox's if the gateway starts it, else that sign-in links are disabled. */
      key: s.CLIENT_HANDOFF_KEY,
      fallbackKey: s.CLIENT_HANDOFF_KEY_FALLBACK,
      claim: s.CLIENT_HANDOFF_CLAIM,
      issuer: s.CLIENT_HANDOFF_ISSUER,
      audience: s.CLIENT_HANDOFF_AUDIENCE,
      maxSeconds: s.CLIENT_HANDOFF_MAX_SECONDS,
    },
    capillary: {
      /** Undefined means the sandbox's if the gateway starts it for the points provider, else none. */
      api: capillaryApi(s),
      individualLedger: s.CAPILLARY_INDIVIDUAL_LEDGER,
      /** The way of crediting points at Capillary; undefined if it is not configured. */
      strategies:
        s.CAPILLARY_AWARD_STRATEGY_ID && s.CAPILLARY_EXPIRY_STRATEGY_ID
          ? { awardStrategyId: s.CAPILLARY_AWARD_STRATEGY_ID, expiryStrategyId: s.CAPILLARY_EXPIRY_STRATEGY_ID }
          : undefined,
    },
    /** Undefined lets one operator reverse alone. */
    reversalApprovalAbove: s.REVERSAL_APPROVAL_ABOVE_POINTS,
    /** The ledger for members' awards. */
    rewardCreditLedger: s.REWARD_CREDIT_LEDGER,
    /** 0 disables it. */
    catalogSyncMs: s.CATALOG_SYNC_SECONDS * 1_000,
    /** The time zone of check-ins and daily caps. */
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
    /** The secret of sessions, signing keys and requesters. */
    sessionSecrets: { current: sessionSecret, fallback: s.SESSION_SECRET_FALLBACK },
    /** The secret of voucher codes, draws and the key of national ids. */
    voucherSecrets: {
      current: voucherSecret,
      fallback: s.VOUCHER_SECRET_FALLBACK ?? (s.VOUCHER_SECRET ? undefined : s.SESSION_SECRET_FALLBACK),
    },
    /** The names of the second values of secrets that are set. */
    fallbacks: Object.keys(given).filter((name) => name.endsWith("_FALLBACK") && settingNames.includes(name)),
    otpPerCustomerHour: s.OTP_PER_CUSTOMER_HOUR,
    otpPerAddressHour: s.OTP_PER_ADDRESS_HOUR,
    otpPerMinute: s.OTP_PER_MINUTE,
    /** See `graphql/rate-limits.ts`. */
    costPerMinute: {
      perCustomer: s.COST_PER_MINUTE_CUSTOMER,
      perBlock: s.COST_PER_MINUTE_ADDRESS,
      perRouter: s.COST_PER_MINUTE_ROUTER,
      inAll: s.COST_PER_MINUTE,
    },
    socketsPerSession: s.SOCKETS_PER_SESSION,
    socketsPerAddress: s.SOCKETS_PER_ADDRESS,
    operatorToken,
    /** The valid tokens, as for the other secrets below. */
    operatorTokens: valuesOf(operatorToken, s.OPERATOR_TOKEN_FALLBACK),
    oidc:
      s.OIDC_ISSUER && s.OIDC_AUDIENCE
        ? { issuer: s.OIDC_ISSUER, audience: s.OIDC_AUDIENCE, roleClaim: s.OIDC_OPERATOR_CLAIM }
        : undefined,
    /** Sign-in to the console at the identity provider's page; undefined if it is not configured. */
    oidcSignIn:
      s.OIDC_ISSUER && s.OIDC_CLIENT_ID
        ? {
            issuer: s.OIDC_ISSUER,
            clientId: s.OIDC_CLIENT_ID,
            clientSecret: s.OIDC_CLIENT_SECRET,
            scope: s.OIDC_SCOPE,
            roleClaim: s.OIDC_OPERATOR_CLAIM,
          }
        : undefined,
    /** An empty list trusts no router. */
    routerSecrets: valuesOf(routerSecret, s.ROUTER_SECRET_FALLBACK),
    /** Whether the subgraph's SDL has `@requiresScopes`. */
    routerScopes: s.ROUTER_SCOPES,
    /** The names of the gateway's types in the supergraph; an empty prefix changes none. */
    routerTypes: { prefix: s.ROUTER_TYPE_PREFIX ?? "", unprefixed: s.ROUTER_UNPREFIXED_TYPES },
    webhookSecret,
    webhookSecrets: valuesOf(webhookSecret, s.WEBHOOK_SECRET_FALLBACK),
    /** Undefined disables access for services. */
    rewardServiceToken,
    rewardServiceTokens: valuesOf(rewardServiceToken, s.REWARD_SERVICE_TOKEN_FALLBACK),
    /** Undefined disables notifications for customers' browsers. */
    push:
      pushPrivateKey === undefined
        ? undefined
        : {
            privateKey: pushPrivateKey,
            publicKey: publicKeyOf(pushPrivateKey),
            subject: s.PUSH_SUBJECT ?? "mailto:operator@example.com",
            services: s.PUSH_SERVICES,
          },
    rewardProcessorPort: s.REWARD_PROCESSOR_PORT,
    programLanguage: s.PROGRAM_LANGUAGE,
    programTimeZone: s.PROGRAM_TIME_ZONE,
    invitationDays: s.INVITATION_DAYS,
    invitationsPerCustomerDay: s.INVITATIONS_PER_CUSTOMER_DAY,
    /** Undefined means the origin of each request. */
    publicOrigin: s.PUBLIC_ORIGIN,
    allowedOrigins: s.ALLOWED_ORIGINS,
    trustProxy: s.TRUST_PROXY ?? false,
    /** Names of settings by which secrets may cross a network in plain text. */
    plainTextAllowed: s.PLAIN_TEXT_ALLOWED,
    trustedDocuments: {
      /** Whether the public may send only documents of the manifests. */
      only: s.TRUSTED_DOCUMENTS === "only",
      /** Files, beside the microsite's own. */
      manifests: s.TRUSTED_DOCUMENTS_MANIFESTS,
    },
    seed: s.SEED ?? (isProduction ? ("none" as const) : ("sample" as const)),
    /** The address of the Prometheus metrics; undefined disables them. */
    metrics:
      metricsPort === "off"
        ? undefined
        : { port: metricsPort, host: s.METRICS_HOST ?? host, isDefault: s.METRICS_PORT === undefined },
    /** The destination of traces; undefined disables tracing. */
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
    webhooksToPrivateAddresses: s.WEBHOOKS_TO_PRIVATE_ADDRESSES,
  });
}

/** The current value of a secret and its fallback, if set. */
const valuesOf = (current: string | undefined, fallback: string | undefined): readonly string[] =>
  [current, fallback].filter((value) => value !== undefined);

/** The public key of a P-256 private key, both in base64url. */
function publicKeyOf(privateKey: string): string {
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(privateKey, "base64url");
  return ecdh.getPublicKey("base64url");
}

const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** Capillary's connection settings; `contradictions` has checked that none is missing. */
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

/** The storage of pictures; `contradictions` has checked that none of its settings is missing. */
function s3(s: z.infer<typeof settings>) {
  if (!s.S3_ENDPOINT) return undefined;
  return Object.freeze({
    endpoint: s.S3_ENDPOINT,
    bucket: s.S3_BUCKET ?? "",
    region: s.S3_REGION,
    accessKeyId: s.S3_ACCESS_KEY_ID ?? "",
    secretAccessKey: s.S3_SECRET_ACCESS_KEY ?? "",
    isPathStyle: s.S3_PATH_STYLE,
    prefix: s.S3_PREFIX ?? "",
  });
}

/** The settings whose values are never shown. */
const SECRET_NAMES =
  /SECRET(_FALLBACK)?$|^S3_SECRET_ACCESS_KEY$|PASSWORD$|_TOKEN(_FALLBACK)?$|HANDOFF_KEY(_FALLBACK)?$|PRIVATE_KEY$|^DATABASE_(LISTEN_)?URL$|^REDIS_URL$/;

function describe(name: string, given: Record<string, string | undefined>, problem: string): string {
  const isSecret = SECRET_NAMES.test(name);
  const found = given[name];
  if (found === undefined) return `${name}: ${problem}`;
  const shown = found.replace(/\/\/.*@/, "//…@"); // hides credentials in a URL
  return `${name}: ${problem}; found ${isSecret ? `${found.length} characters` : JSON.stringify(shown)}`;
}

const secretsWithFallback = [
  "OPERATOR_TOKEN",
  "ROUTER_SECRET",
  "WEBHOOK_SECRET",
  "REWARD_SERVICE_TOKEN",
  "CLIENT_HANDOFF_KEY",
] as const;

function contradictions(s: z.infer<typeof settings>): string[] {
  const problems: string[] = [];
  if (s.NODE_ENV === "production") {
    if (!s.SESSION_SECRET) problems.push("SESSION_SECRET: required in production, at least 32 random characters");
    if (!s.DATABASE_URL)
      problems.push("DATABASE_URL: required in production; the embedded PostgreSQL is for development and tests");
    if (!s.CLIENT_API_URL)
      problems.push("CLIENT_API_URL: required in production; only elsewhere the sandbox stands in");
    if (s.WEBHOOKS_TO_PRIVATE_ADDRESSES)
      problems.push("WEBHOOKS_TO_PRIVATE_ADDRESSES: is for development and is refused in production");
    if (s.PUSH_PRIVATE_KEY && !s.PUSH_SUBJECT)
      problems.push("PUSH_SUBJECT: required in production with PUSH_PRIVATE_KEY, so that push services can reach you");
    if (s.CRASH_POINTS) problems.push("CRASH_POINTS: lets a test kill the process and is refused in production");
    const { CLIENT_HANDOFF_KEY: handOff, CLIENT_HANDOFF_KEY_FALLBACK: fallback, ...others } = s;
    const hrefOf = (key: typeof handOff) => (key?.kind === "jwks" ? key.url.href : undefined);
    const servers = {
      ...others,
      CLIENT_HANDOFF_KEY: hrefOf(handOff),
      CLIENT_HANDOFF_KEY_FALLBACK: hrefOf(fallback),
    };
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
  const operatorTokens = valuesOf(s.OPERATOR_TOKEN, s.OPERATOR_TOKEN_FALLBACK);
  for (const name of ["REWARD_SERVICE_TOKEN", "REWARD_SERVICE_TOKEN_FALLBACK"] as const) {
    if (operatorTokens.includes(s[name] ?? "")) {
      problems.push(`${name}: must not be the OPERATOR_TOKEN, which opens more doors`);
    }
  }
  for (const name of secretsWithFallback) {
    if (s[`${name}_FALLBACK`] !== undefined && s[name] === undefined) {
      problems.push(`${name}_FALLBACK: ${name} is not set. Set it, or remove its second value`);
    }
  }
  const s3Names = ["S3_ENDPOINT", "S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"] as const;
  const missing = s3Names.filter((name) => !s[name]);
  if (s.PICTURE_STORAGE === "s3" && missing.length > 0) {
    problems.push(`${missing.join(", ")}: required with PICTURE_STORAGE=s3`);
  } else if (missing.length > 0 && missing.length < s3Names.length) {
    problems.push(`${missing.join(", ")}: required with the other settings of the S3-compatible storage`);
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
  if (Boolean(s.OIDC_ISSUER) !== Boolean(s.OIDC_AUDIENCE || s.OIDC_CLIENT_ID)) {
    problems.push(
      "OIDC_ISSUER, OIDC_AUDIENCE, OIDC_CLIENT_ID: give the issuer with the audience, with the client id, or with both; or none of the three",
    );
  }
  if (s.OIDC_CLIENT_SECRET && !s.OIDC_CLIENT_ID) {
    problems.push("OIDC_CLIENT_ID: required with OIDC_CLIENT_SECRET, whose client it is");
  }
  if (s.OIDC_CLIENT_ID && s.NODE_ENV === "production" && !s.PUBLIC_ORIGIN) {
    problems.push("PUBLIC_ORIGIN: required with OIDC_CLIENT_ID, because the provider sends operators back to it");
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
    // A hard link creates the complete file or fails because another process has created it; then this process uses
    // that secret.
    linkSync(unfinished, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(unfinished);
  }
  const secret = readFileSync(file, "utf8").trim();
  if (secret.length < 16)
    throw new ConfigError(`${file}: contains no secret. Remove the file, and a new secret is generated.`);
  return secret;
}
