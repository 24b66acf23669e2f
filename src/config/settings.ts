import { createECDH } from "node:crypto";
import { isIP } from "node:net";
import { z } from "zod";
import { isTimeZone } from "../platform/time-zone.ts";
import { serverSettingNames } from "./plain-text-settings.ts";
import { readSignInLinkKey } from "./sign-in-link-key.ts";

/**
 * The description of a setting for `.env.example` and docs/settings.md: `npm run settings:docs` writes both. Links are
 * relative to the top of the repository.
 */
export interface SettingDescription {
  /** Markdown, in lower case, without a full stop at the end. */
  meaning: string;
  /** The effect of leaving the setting out, in Markdown, if it is more than a default value. */
  unset?: string;
  /** With NODE_ENV `production`, the start fails without it. */
  isRequired?: true;
}

const descriptions = z.registry<SettingDescription>();
/** Describes a setting. */
const as = <S extends z.ZodType>(schema: S, meaning: string, more: Omit<SettingDescription, "meaning"> = {}): S => {
  descriptions.add(schema, { meaning, ...more });
  return schema;
};

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

const hostName = z
  .string()
  .regex(
    /^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*$/,
    "expected hosts in small letters, such as push.example.com or *.push.example.com",
  );

function isVapidKey(text: string): boolean {
  try {
    createECDH("prime256v1").setPrivateKey(text, "base64url");
    return /^[\w-]{43}$/.test(text);
  } catch {
    return false;
  }
}

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
    return readSignInLinkKey(text.trim());
  } catch (error) {
    addIssue((error as Error).message);
    return z.NEVER;
  }
});

/** The base of an API below its host: a URL without query, returned without a slash at its end. */
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

/**
 * The proxies whose `X-Forwarded-For` is trusted. The number of proxies would not suffice: a client that connects
 * directly could forge the header.
 */
const proxies = z
  .string()
  .transform((list) => list.split(",").map((address) => address.trim()))
  .refine((addresses) => addresses.every(isAddressOrNetwork), {
    error: "expected addresses or networks, such as 10.0.0.0/8, ::1",
  })
  .refine((addresses) => !addresses.some((address) => /\/0+$/.test(address)), {
    error: "believes every address, so callers choose their own and escape the limits. Name your proxies alone",
  });
function isAddressOrNetwork(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const widest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return more.length === 0 && widest > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= widest));
}

const listening = {
  NODE_ENV: as(
    z.enum(["development", "production", "test"]).default("development"),
    "`production` turns off introspection, suggestions, GraphiQL, the sandbox and every made-up secret, and has browsers use TLS only for a year (HSTS)",
  ),
  HOST: as(text.optional(), "the address that the gateway listens at", {
    unset: "`127.0.0.1` (production: `0.0.0.0`)",
  }),
  PORT: as(integer(0, 65_535).default(4000), "the port that the gateway listens at; `0` takes a free one"),
  SHUTDOWN_DELAY_SECONDS: as(
    number(0, 300).optional(),
    "after SIGTERM, how long `/readyz` answers 503 while everything else is still served, so that a load balancer sends requests " +
      "elsewhere first. The whole stop then takes at most 6 s and twice `UPSTREAM_TIMEOUT_MS` more",
    { unset: "`0` (production: `5`)" },
  ),
  PUBLIC_ORIGIN: as(
    originOnly.optional(),
    "the origin of the gateway's own pages, such as `https://rewards.example.com`. Only pages of exactly this origin, and those of " +
      "`ALLOWED_ORIGINS`, may use cookies and sockets. Without it the host is the request's and the scheme is `http`, in production " +
      "`https`, or what a trusted proxy says in `X-Forwarded-Proto`",
    { unset: "of each request" },
  ),
  ALLOWED_ORIGINS: as(
    list.pipe(z.array(originOnly)).default([]),
    "comma-separated origins of other web pages that may use cookies and sockets",
  ),
  TRUST_PROXY: as(
    proxies.optional(),
    "addresses or networks of the proxies whose `X-Forwarded-*` headers are believed, such as `10.0.0.0/8, ::1`. Limits per address " +
      "count an IPv6 network of 64 bits as one",
    { unset: "nobody" },
  ),
  METRICS_PORT: as(
    portOrOff.optional(),
    "where Prometheus reads `/metrics`, of a gateway and of a reward processor; `off` measures nothing. It has no " +
      "password and is not for the public: publish `PORT` alone",
    { unset: "`off` (production: `9464`)" },
  ),
  METRICS_HOST: as(text.optional(), "the address of this machine that `METRICS_PORT` is on", { unset: "`HOST`" }),
  OTEL_EXPORTER_OTLP_ENDPOINT: as(
    httpBase.optional(),
    "where traces are sent by OTLP over HTTP, such as `http://otel-collector:4318`; without it nothing is traced. The exporter also " +
      "reads `OTEL_EXPORTER_OTLP_HEADERS`, such as for a token",
  ),
  OTEL_TRACES_SAMPLER_ARG: as(
    number(0, 1).default(0.1),
    "the share of requests that are traced, from 0 to 1. A `traceparent` of TRUST_PROXY's addresses decides instead",
  ),
  OTEL_SERVICE_NAME: as(text.optional(), "the name of the program in traces", {
    unset: "`tessera-gateway`, `tessera-reward-processor`",
  }),
  LOG_LEVEL: as(
    z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
    "`trace` to `fatal`, or `silent`",
  ),
};

const stores = {
  DATABASE_URL: as(
    url(/^postgres(ql)?$/, "postgresql://user:password@host:5432/database").optional(),
    "a PostgreSQL 15 or newer, reached directly or [through a pooler](docs/database.md). The user must own the database, or be " +
      "allowed to create schemas and tables in it",
    { unset: "an embedded one is started", isRequired: true },
  ),
  DATABASE_LISTEN_URL: as(
    url(/^postgres(ql)?$/, "postgresql://user:password@host:5432/database").optional(),
    "a direct connection to the same database, for `LISTEN`, locks and migrations, if `DATABASE_URL` is a pooler of transactions such " +
      "as PgBouncer; without it [other processes are noticed later](docs/database.md#poolers)",
    { unset: "`DATABASE_URL`" },
  ),
  DATABASE_POOL_SIZE: as(
    integer(2, 200).default(20),
    "connections of one process for queries; it opens [four more at most](docs/database.md#connections), for `LISTEN`, locks and " +
      "`/readyz`",
  ),
  REDIS_URL: as(
    url(/^rediss?$/, "redis://host:6379").optional(),
    "with it members are also told on `loyalty:member:{memberId}`, and a reward processor takes commands from the stream `reward:commands`",
  ),
  PICTURE_STORAGE: as(
    z.enum(["database", "s3"]).default("database"),
    "where the pictures that operators upload are stored: in the database, or [in an S3-compatible storage](docs/operations.md#pictures-in-an-s3-compatible-storage). The gateway serves them from both",
  ),
  S3_ENDPOINT: as(
    originOnly.optional(),
    "the origin of the S3-compatible storage, such as `https://s3.eu-central-1.amazonaws.com`, without the bucket",
  ),
  S3_BUCKET: as(
    z
      .string()
      .trim()
      .regex(
        /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
        "expected the name of a bucket: 3 to 63 of a-z, 0-9, dots and hyphens",
      )
      .optional(),
    "the bucket of the pictures. It may be private",
  ),
  S3_REGION: as(text.default("us-east-1"), "the region that requests are signed for"),
  S3_ACCESS_KEY_ID: as(
    text.optional(),
    "the id of the access key, which may read, write and delete objects of the bucket",
  ),
  S3_SECRET_ACCESS_KEY: as(text.optional(), "the secret of the access key"),
  S3_PATH_STYLE: as(
    flag.default(true),
    "`true` names the bucket in the path, `false` in the host (`https://bucket.s3.example.com`)",
  ),
  S3_PREFIX: as(
    z
      .string()
      .trim()
      .regex(/^([\w.-]+\/)+$/, "expected folders with a slash at the end, such as tessera/pictures/")
      .optional(),
    "the beginning of the names of all objects, such as `tessera/pictures/`",
  ),
  DATA_DIR: as(
    text.default(".data"),
    "embedded database, sandbox ledger, secrets made for development. Production keeps no files",
  ),
  SEED: as(z.enum(["sample", "none"]).optional(), "`sample` fills an empty catalogue with the sample world", {
    unset: "`sample` (production: `none`)",
  }),
};

/** The fallback value of a secret, for a rotation while the gateway runs. */
const fallbackOf = <S extends z.ZodType>(name: string, schema: S, unset?: string) =>
  as(
    schema,
    `a second value that is read beside \`${name}\` and never written with: [the next one, then the last one](docs/operations.md#rotate-the-secrets)`,
    unset === undefined ? {} : { unset },
  );
// A new schema each time, because descriptions are registered by schema.
const longSecret = () => z.string().min(32, "expected at least 32 characters").optional();
const shortSecret = () => z.string().min(16, "expected at least 16 characters").optional();

const secrets = {
  SESSION_SECRET: as(
    z.string().min(32, "expected at least 32 characters").optional(),
    "at least 32 random characters. Changing it without `SESSION_SECRET_FALLBACK` signs everybody out",
    { unset: "made in `DATA_DIR`", isRequired: true },
  ),
  SESSION_SECRET_FALLBACK: fallbackOf("SESSION_SECRET", longSecret()),
  VOUCHER_SECRET: as(
    z.string().min(32, "expected at least 32 characters").optional(),
    "encrypts voucher codes, the seeds of lucky draws, and the key that national ids are hashed with. A gateway that cannot open " +
      "the stored codes does not start",
    { unset: "`SESSION_SECRET`" },
  ),
  VOUCHER_SECRET_FALLBACK: fallbackOf(
    "VOUCHER_SECRET",
    longSecret(),
    "`SESSION_SECRET_FALLBACK` if `VOUCHER_SECRET` is unset; else none",
  ),
  OPERATOR_TOKEN: as(
    z.string().min(16, "expected at least 16 characters").optional(),
    "the first operators' key, with the role `admin`; [it makes others](src/auth/README.md#operators). In production there is no such token unless set",
    { unset: "made in `DATA_DIR`" },
  ),
  OPERATOR_TOKEN_FALLBACK: fallbackOf("OPERATOR_TOKEN", shortSecret()),
  OIDC_ISSUER: as(
    url(/^https?$/, "https://login.example.com").optional(),
    "operators by OpenID Connect: tokens of this issuer for `OIDC_AUDIENCE` that name a role, and sign-in to the console at its page " +
      "with `OIDC_CLIENT_ID`. A socket is closed when its token ends",
  ),
  OIDC_AUDIENCE: as(
    text.optional(),
    "the audience that tokens of `OIDC_ISSUER` must have which programs of operators send; without it no such token is accepted",
  ),
  OIDC_CLIENT_ID: as(
    text.optional(),
    "the console as a client of `OIDC_ISSUER`: operators [sign in at its page](docs/operators.md#sign-in). Register the redirect " +
      "address `<PUBLIC_ORIGIN>/console/oidc/callback` there",
  ),
  OIDC_CLIENT_SECRET: as(
    text.optional(),
    "the secret of `OIDC_CLIENT_ID`. No stored value depends on it: replace it at the provider and here",
    { unset: "a public client, which PKCE alone protects" },
  ),
  OIDC_SCOPE: as(
    text.default("openid"),
    "the scopes that the console asks `OIDC_ISSUER` for, with blanks between them, so that `OIDC_OPERATOR_CLAIM` is in the ID token or " +
      "in the user info, such as `openid groups`",
  ),
  OIDC_OPERATOR_CLAIM: as(
    text.default("roles"),
    "the claim that lists the operator's roles: `catalogue`, `orders`, `support`, `rewards`, `admin`. A path such as " +
      "`realm_access.roles` works as well. A token without a role makes nobody an operator",
  ),
  ROUTER_SECRET: as(
    z.string().min(32, "expected at least 32 characters").optional(),
    "a federated router that sends it in `Router-Authorization` [is trusted](docs/federation.md#what-the-secret-changes) with the " +
      "subgraph's SDL, traces, documents of its own and limits of its own; in production no router is unless set",
    { unset: "made in `DATA_DIR`" },
  ),
  ROUTER_SECRET_FALLBACK: fallbackOf("ROUTER_SECRET", longSecret()),
  ROUTER_SCOPES: as(
    flag.default(false),
    "`true` if the subgraph's SDL lists the scopes that routers require for operators' fields; " +
      "[not every router can read that](docs/federation.md#operators-and-services)",
  ),
  ROUTER_TYPE_PREFIX: as(
    z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_]{0,29}$/, "expected 1 to 30 letters, digits and underscores, a letter first")
      .optional(),
    "the prefix of type names in a supergraph, such as `Tessera_`, if another subgraph has " +
      "[types of the same names](docs/federation.md#names)",
  ),
  ROUTER_UNPREFIXED_TYPES: as(
    list.default(["Customer", "Wallet", "GroupWallet", "Cart", "Order", "Reward"]),
    "the types that keep their names with `ROUTER_TYPE_PREFIX`: those that other subgraphs refer to by a key",
  ),
  WEBHOOK_SECRET: as(
    z.string().min(16, "expected at least 16 characters").optional(),
    "signs the warehouse's reports; in production there is no webhook unless set",
    { unset: "made in `DATA_DIR`" },
  ),
  WEBHOOK_SECRET_FALLBACK: fallbackOf("WEBHOOK_SECRET", shortSecret()),
  WEBHOOKS_TO_PRIVATE_ADDRESSES: as(
    flag.default(false),
    "`true` lets [webhooks](docs/webhooks.md) go to this machine and to private networks, by `http` as well; for development, and refused " +
      "in production",
  ),
  PUSH_PRIVATE_KEY: as(
    text.refine(isVapidKey, "expected the 32 bytes of a P-256 private key in base64url").optional(),
    "the private key (VAPID) that signs [notifications](docs/operations.md#notifications) for customers' browsers; the public key " +
      "follows from it. In production there are no notifications unless set. Changing it turns them off in every browser",
    { unset: "made in `DATA_DIR`" },
  ),
  PUSH_SUBJECT: as(
    url(/^(https|mailto)$/, "mailto:rewards@example.com").optional(),
    "an `https:` or `mailto:` address by which push services reach you; in production required with `PUSH_PRIVATE_KEY`",
    { unset: "`mailto:operator@example.com`" },
  ),
  PUSH_SERVICES: as(
    list
      .pipe(z.array(hostName).min(1).max(20))
      .default(["fcm.googleapis.com", "*.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com"]),
    "comma-separated hosts of the push services that browsers may name, where `*.` stands for the beginning of a name; those of Chrome, " +
      "Firefox, Safari and Edge if unset",
  ),
  REWARD_SERVICE_TOKEN: as(
    z.string().min(16, "expected at least 16 characters").optional(),
    "bearer token of the producers that send messages to the Reward Processor; in production there is no such token unless set",
    { unset: "made in `DATA_DIR`" },
  ),
  REWARD_SERVICE_TOKEN_FALLBACK: fallbackOf("REWARD_SERVICE_TOKEN", shortSecret()),
};

const pointsProvider = {
  CLIENT_API_URL: as(httpOrigin.optional(), "origin of the Client points API", {
    unset: "the sandbox is started",
    isRequired: true,
  }),
  CLIENT_API_USER: as(text.optional(), "the user of its credentials; required with the URL", { isRequired: true }),
  CLIENT_API_PASSWORD: as(text.optional(), "the password of its credentials; required with the URL", {
    isRequired: true,
  }),
  CLIENT_POINTS_AUTH: as(
    z.enum(["bearer", "basic"]).default("bearer"),
    "`bearer` reads a balance with the customer's own token, `basic` with the credentials above, which also lets operators read " +
      "wallets",
  ),
  CLIENT_REDEEM_REPEATABLE: as(
    flag.default(false),
    "`true` only if the Client promises that a repeated `order_id` has no second effect",
  ),
  CLIENT_REVERSE_REPEATABLE: as(
    flag.default(false),
    "`true` only if the Client promises that a repeated reversal, of the same `order_id` and `reason`, has no second effect",
  ),
  CLIENT_SETTLE_SECONDS: as(
    number(0.05, 3_600).default(30),
    "how long after a lost answer the balance is looked at; in production not less than `UPSTREAM_TIMEOUT_MS`",
  ),
  REVERSAL_APPROVAL_ABOVE_POINTS: as(
    integer(0, Number.MAX_SAFE_INTEGER).optional(),
    "a reversal, or an operator's cancellation, by which more points of an order would have come back than these waits for " +
      "[a second person](docs/operators.md#approve-a-reversal)",
    { unset: "none waits" },
  ),
  CLIENT_CREDIT_PATH: as(
    path.default("/api/v1/points/credit"),
    "where the Client takes points that members were awarded: an extension we ask for, [described here](docs/openapi/client-points.yaml)",
  ),
  CLIENT_STATEMENT_PATH: as(
    path.optional(),
    "where the Client answers with the entries of its ledger as CSV, for [reconciliation](docs/reconciliation.md); without it files are " +
      "imported, or balances compared",
  ),
  CLIENT_HANDOFF_KEY: as(
    handOffKey.optional(),
    "lets the brand's own app [sign its customers in by a link](src/auth/README.md#links-of-the-brands-app): the key that verifies the Client's " +
      "tokens. A shared secret of at least 32 characters (HS256), a public key in PEM (RS256 and PS256, ES256, or EdDSA), or " +
      "the URL of a JWKS (any of these). Without it links sign nobody in",
    { unset: "the sandbox's, if `CLIENT_API_URL` is unset; else none" },
  ),
  CLIENT_HANDOFF_KEY_FALLBACK: fallbackOf("CLIENT_HANDOFF_KEY", handOffKey.optional()),
  CLIENT_HANDOFF_CLAIM: as(text.default("sub"), "the claim that names the customer"),
  CLIENT_HANDOFF_ISSUER: as(
    text.optional(),
    "the `iss` that tokens must have. Give it with a JWKS: its keys may sign tokens for others",
    { unset: "not looked at" },
  ),
  CLIENT_HANDOFF_AUDIENCE: as(text.optional(), "the `aud` that tokens must have. Give it with a JWKS", {
    unset: "not looked at",
  }),
  CLIENT_HANDOFF_MAX_SECONDS: as(integer(60, 2_592_000).default(86_400), "a token that is good for longer is refused"),
};

const capillary = {
  CAPILLARY_REWARDS_URL: as(
    httpBase.optional(),
    "the Rewards base of the Capillary API, ending in `/api_gateway/rewards/core/v1`. It may have a path, as behind a proxy. Without " +
      "the two URLs nobody has group wallets",
    { unset: "the sandbox's, if `CLIENT_API_URL` is unset; else none" },
  ),
  CAPILLARY_INTOUCH_URL: as(
    httpBase.optional(),
    "the host of the `/v1.1`, `/v2` and `/v3` of the Capillary API; both URLs or neither",
    { unset: "as `CAPILLARY_REWARDS_URL`" },
  ),
  CAPILLARY_TILL: as(
    text.optional(),
    "the user of its Basic credentials, which `/v1.1` requires. The till is also named in Rewards calls, so give it even with OAuth",
  ),
  CAPILLARY_PASSWORD: as(text.optional(), "the password of its Basic credentials"),
  CAPILLARY_OAUTH_KEY: as(
    text.optional(),
    "its OAuth client, used wherever it is taken; one of the two kinds of credentials is required with the URLs",
  ),
  CAPILLARY_OAUTH_SECRET: as(text.optional(), "the secret of its OAuth client"),
  CAPILLARY_ORG_ID: as(digitsOnly.optional(), "the organisation's number; required with the URLs"),
  CAPILLARY_BRAND: as(text.optional(), "the brand's name; required with the URLs"),
  CAPILLARY_PROGRAM_ID: as(
    digitsOnly.optional(),
    "the number of the loyalty programme whose points pay; required with the URLs",
  ),
  CAPILLARY_INDIVIDUAL_LEDGER: as(
    z.enum(["client", "capillary"]).default("client"),
    "`capillary` if the brand's own wallet is Capillary's: its rewards then take their points there, and the Client is not called for " +
      "them",
  ),
  CAPILLARY_CALLS_PER_MINUTE: as(
    integer(1, 1_000_000).default(1_000),
    "how many calls Capillary allows this gateway; more wait. Divide it by the number of processes; demo clusters may allow only 100",
  ),
  CAPILLARY_AWARD_STRATEGY_ID: as(
    digitsOnly.optional(),
    "the strategy by which Capillary credits awarded points; its ratio must be one to one. Required with " +
      "`REWARD_CREDIT_LEDGER=capillary`",
  ),
  CAPILLARY_EXPIRY_STRATEGY_ID: as(
    digitsOnly.optional(),
    "how points that members were awarded expire there. Required with `REWARD_CREDIT_LEDGER=capillary`",
  ),
  CATALOG_SYNC_SECONDS: as(
    integer(0, 86_400).default(300),
    "how often Capillary's rewards are mirrored, by one process for all; `0` is never, which leaves it to `syncCatalog` and " +
      "the command `catalog:sync`",
  ),
};

const upstreams = {
  UPSTREAM_TIMEOUT_MS: as(
    integer(50, 120_000).default(5_000),
    "how long an upstream may take to answer, in milliseconds",
  ),
  UPSTREAM_CONNECTIONS: as(integer(1, 1_000).default(64), "connections of one process to an upstream"),
  PLAIN_TEXT_ALLOWED: as(
    list
      .refine((names) => names.every((name) => (serverSettingNames as string[]).includes(name)), {
        error: `expected names of settings among ${serverSettingNames.join(", ")}`,
      })
      .default([]),
    "production refuses settings by which secrets would cross a network in plain text: `http`, `redis`, a database without TLS. Servers " +
      "on the same machine are exempt. For a network that nobody else is in, name the settings here, such as `DATABASE_URL, REDIS_URL`",
  ),
  SANDBOX_PORT: as(integer(0, 65_535).default(4010), "where the sandbox listens"),
};

const rewardProcessor = {
  REWARD_CREDIT_LEDGER: as(
    z.enum(["client", "capillary"]).default("client"),
    "the ledger that members' awards are credited at: `client` or `capillary`",
  ),
  REWARD_PROCESSOR_PORT: as(
    integer(0, 65_535).optional(),
    "where reward processors answer `/healthz` and `/readyz`; the latter is 503, with the reason, while " +
      "commands are not taken",
  ),
  PROGRAM_LANGUAGE: as(
    z
      .string()
      .regex(/^[a-z]{2,3}$/, "expected a language such as en, without a region")
      .default("en"),
    "the language of texts for which no other one is named: of rewards, categories, rules and draws",
  ),
  PROGRAM_TIME_ZONE: as(
    text
      .refine(isTimeZone, { error: "expected the name of a time zone, such as Asia/Jakarta" })
      .default("Asia/Jakarta"),
    "the zone of the programme: its days are days there, and so are dates that name no zone. Changing it moves the days of check-ins " +
      "and caps from then on",
  ),
  INVITATION_DAYS: as(
    integer(1, 365).default(30),
    "how many days after the gateway first knew a customer this customer can accept an invitation of another customer",
  ),
};

const keeping = {
  KEEP_PASSWORD_REQUESTS_DAYS: as(
    integer(2, 365).default(7),
    "how many days requests of one-time passwords are kept; [personal data](docs/personal-data.md) has the whole table",
  ),
  KEEP_SESSIONS_DAYS: as(integer(1, 3_650).default(30), "how many days ended sessions are kept"),
  KEEP_IDEMPOTENCY_KEYS_DAYS: as(integer(1, 3_650).default(90), "how many days idempotency keys are kept"),
  KEEP_WEBHOOK_DELIVERIES_DAYS: as(
    integer(1, 3_650).default(90),
    "how many days the warehouse's reports, and deliveries of webhooks, are kept",
  ),
  KEEP_ADDRESSES_DAYS: as(integer(1, 36_500).default(365), "how many days addresses of ended orders are kept"),
  KEEP_MESSAGES_DAYS: as(integer(1, 36_500).default(365), "how many days the texts of producers' messages are kept"),
  KEEP_QUARANTINE_DAYS: as(integer(1, 36_500).default(180), "how many days refused messages are kept"),
  KEEP_LEDGER_ENTRIES_DAYS: as(
    integer(35, 36_500).default(400),
    "how many days the entries of the provider's ledger are kept",
  ),
  MEMBER_EVENT_DAYS: as(integer(1, 3_650).default(90), "how many days a member's events can be read again"),
  RECONCILE_AT: as(
    timeOfDay.default("02:00"),
    "when the day before is [reconciled](docs/reconciliation.md), in `PROGRAM_TIME_ZONE`; `never` leaves it to the command `reconcile`",
  ),
};

const limits = {
  INVITATIONS_PER_CUSTOMER_DAY: as(
    integer(1, 10_000).default(20),
    "customers who can accept the invitation of one customer within 24 hours",
  ),
  OTP_PER_CUSTOMER_HOUR: as(
    integer(1, 1_000).default(5),
    "one-time passwords that one browser may ask for, for one customer",
  ),
  OTP_PER_ADDRESS_HOUR: as(
    integer(1, 100_000).default(200),
    "one-time passwords that one network address may ask for in all; also how many bad sign-in links of an address are looked at",
  ),
  OTP_PER_MINUTE: as(
    integer(1, 100_000).default(300),
    "one-time passwords in all that browsers may ask for which have not signed in as the customer before. An error in the log says when " +
      "there are more",
  ),
  COST_PER_MINUTE_CUSTOMER: as(
    integer(5_000, 1_000_000_000).default(20_000),
    "the most that operations of one customer may cost within a minute, in each process; a page costs 50 to 500. More is answered by " +
      "`RATE_LIMITED` with `retryAfter`, HTTP 429 and `RateLimit` header fields",
  ),
  COST_PER_MINUTE_ADDRESS: as(
    integer(5_000, 1_000_000_000).default(100_000),
    "the same of one network address. Raise it where many customers share an address, as behind a mobile carrier",
  ),
  COST_PER_MINUTE_ROUTER: as(
    integer(20_000, 1_000_000_000).default(1_000_000),
    "the same of all that federated routers relay",
  ),
  COST_PER_MINUTE: as(integer(5_000, 1_000_000_000).default(2_000_000), "the same of all together"),
  SOCKETS_PER_SESSION: as(integer(1, 100_000).default(20), "concurrent websockets of one session; a process has 5,000"),
  SOCKETS_PER_ADDRESS: as(integer(1, 100_000).default(50), "concurrent websockets of one network address"),
  TRUSTED_DOCUMENTS: as(
    z.enum(["off", "only"]).default("off"),
    "`only`: without an operator's or service's token only the documents of the manifests may be sent, over HTTP and " +
      "sockets; [more](docs/clients.md#trusted-documents)",
  ),
  TRUSTED_DOCUMENTS_MANIFESTS: as(
    list.default([]),
    "comma-separated files: the manifests of your other frontends, and the microsite's of a version before",
    { unset: "the microsite's" },
  ),
};

const tests = {
  CRASH_POINTS: as(flag.default(false), "lets a test kill the process; refused in production"),
};

/** All settings. */
export const settings = z.object({
  ...listening,
  ...stores,
  ...secrets,
  ...pointsProvider,
  ...capillary,
  ...upstreams,
  ...rewardProcessor,
  ...keeping,
  ...limits,
  ...tests,
});

/** All settings, by subject, in the order of the documents. */
export const settingGroups: readonly [subject: string, settings: Record<string, z.ZodType>][] = [
  ["Serving", listening],
  ["Data", stores],
  ["Secrets and tokens", secrets],
  ["The points provider (Client)", pointsProvider],
  ["Capillary", capillary],
  ["Calls to other systems", upstreams],
  ["The Reward Processor", rewardProcessor],
  ["Keeping and reconciling", keeping],
  ["Limits", limits],
  ["Tests", tests],
];

/** @throws Error if the setting is not described */
export function descriptionOf(schema: z.ZodType): SettingDescription {
  const about = descriptions.get(schema);
  if (!about) throw new Error("A setting is not described: declare it with `as`");
  return about;
}
