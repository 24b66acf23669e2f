import type { Config } from "../config/config.ts";
import type { Logger } from "../platform/logger.ts";

export interface StartSummary {
  on: string[];
  off: string[];
  /** Unsafe settings of this installation, each with its remedy. */
  unsafe: string[];
}

/**
 * Summarises enabled and disabled features, and settings that are unsafe in production.
 *
 * @param env the variables of the process, for those that Node.js itself reads
 */
export function startSummary(config: Config, env: Record<string, string | undefined> = process.env): StartSummary {
  const { metrics, oidc, handOff, capillary, trustedDocuments, trustProxy, plainTextAllowed } = config;
  const parts: [isOn: unknown, part: string][] = [
    [capillary.api, "Capillary (CAPILLARY_REWARDS_URL)"],
    [config.redisUrl, "Redis: commands and members' events (REDIS_URL)"],
    [handOff.key, "sign-in links of the brand's app (CLIENT_HANDOFF_KEY)"],
    [config.operatorToken, "the operators' token (OPERATOR_TOKEN)"],
    [oidc, "operators by OpenID Connect (OIDC_ISSUER)"],
    [config.oidcSignIn, "the console's sign-in by OpenID Connect (OIDC_CLIENT_ID)"],
    [config.webhookSecret, "the warehouse's webhook (WEBHOOK_SECRET)"],
    [config.rewardServiceToken, "messages to the Reward Processor over HTTP (REWARD_SERVICE_TOKEN)"],
    [trustedDocuments.only, "trusted documents only (TRUSTED_DOCUMENTS)"],
    [trustProxy, "addresses from proxies (TRUST_PROXY)"],
    [config.routerSecrets.length > 0, "federated routers (ROUTER_SECRET)"],
    [capillary.api && config.catalogSyncMs > 0, "the mirror of Capillary's catalogue (CATALOG_SYNC_SECONDS)"],
    [config.client.statementPath, "the points provider's statement for reconciliation (CLIENT_STATEMENT_PATH)"],
    [config.reconcileAtMinute !== null, "the nightly reconciliation (RECONCILE_AT)"],
    [
      config.reversalApprovalAbove !== undefined,
      "a second person for large reversals (REVERSAL_APPROVAL_ABOVE_POINTS)",
    ],
    [metrics, "metrics (METRICS_PORT)"],
    [config.tracing, "traces (OTEL_EXPORTER_OTLP_ENDPOINT)"],
  ];
  const unverified = Object.entries({ DATABASE_URL: config.databaseUrl, DATABASE_LISTEN_URL: config.databaseListenUrl })
    .filter(([, url]) => /[?&]sslmode=no-verify\b/.test(url ?? ""))
    .map(([name]) => name);
  const secrets = secretsOf(config);
  const guessable = [...secrets].filter(([, value]) => isGuessable(value)).map(([name]) => name);
  const shared = [...Map.groupBy(secrets, ([, value]) => value).values()].filter((same) => same.length > 1);
  const dangers: [isUnsafe: unknown, danger: string][] = [
    [
      guessable.length > 0,
      `${guessable.join(", ")}: a repeated character or a common word, which can be guessed. Rotate to a random value: openssl rand -base64 48 (docs/operations.md)`,
    ],
    [
      shared.length > 0,
      `${shared.map((same) => same.map(([name]) => name).join(" = ")).join(", ")}: whoever has one of them has the others. Give each a value of its own`,
    ],
    [
      plainTextAllowed.length > 0,
      `PLAIN_TEXT_ALLOWED: secrets cross the network in plain text by ${plainTextAllowed.join(", ")}. Use TLS`,
    ],
    [
      env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0",
      "NODE_TLS_REJECT_UNAUTHORIZED: no certificate of any server is checked. Remove it, and name your authority in NODE_EXTRA_CA_CERTS",
    ],
    [
      unverified.length > 0,
      `${unverified.join(", ")}: the server's certificate is not checked, so another server can pose as it. Use sslmode=verify-full`,
    ],
    [
      config.voucherSecrets.current === config.sessionSecrets.current,
      "VOUCHER_SECRET: the value of SESSION_SECRET, whose owner can read voucher codes as well. Rotate to a value of its own (docs/operations.md)",
    ],
    [
      config.publicOrigin === undefined,
      "PUBLIC_ORIGIN: unset, so a request's own Host says which pages may use cookies. Set it to the origin of the site, such as https://rewards.example.com",
    ],
    [
      handOff.key?.kind === "jwks" && !(handOff.issuer && handOff.audience),
      "CLIENT_HANDOFF_ISSUER, CLIENT_HANDOFF_AUDIENCE: unset, so tokens that the JWKS signs for others sign customers in. Set both",
    ],
    [
      config.operatorToken,
      "OPERATOR_TOKEN: everybody who has it is an admin without a name. Make named keys with it or set OIDC_ISSUER, then remove it",
    ],
    [
      trustProxy !== false && trustProxy.some((network) => Number(network.split("/")[1] ?? 128) < WIDE_NETWORK_BITS),
      `TRUST_PROXY: a network of less than ${WIDE_NETWORK_BITS} bits is believed, and callers in it choose their own address and escape the limits. Name your proxies alone`,
    ],
    [
      config.fallbacks.length > 0,
      `${config.fallbacks.join(", ")}: set, so the other values of these secrets are good as well. Remove them when the rotation is over`,
    ],
    [
      /--inspect/.test([env["NODE_OPTIONS"], ...process.execArgv].join(" ")),
      "NODE_OPTIONS: --inspect lets whoever reaches its port run code in this process. Remove it",
    ],
    [config.seed === "sample", "SEED: sample rewards may be in the catalogue, for real points. Set it to none"],
  ];
  return {
    on: parts.flatMap(([isOn, part]) => (isOn ? part : [])),
    off: parts.flatMap(([isOn, part]) => (isOn ? [] : part)),
    unsafe: dangers.flatMap(([isUnsafe, danger]) => (isUnsafe ? danger : [])),
  };
}

/** The secrets that this installation chooses, by their settings. VOUCHER_SECRET is left out if it is SESSION_SECRET. */
function secretsOf(config: Config): Map<string, string> {
  const { sessionSecrets, voucherSecrets, handOff } = config;
  const key = handOff.key?.kind === "given" && handOff.key.key instanceof Uint8Array ? handOff.key.key : undefined;
  const values: [name: string, value: string | undefined][] = [
    ["SESSION_SECRET", sessionSecrets.current],
    ["VOUCHER_SECRET", voucherSecrets.current === sessionSecrets.current ? undefined : voucherSecrets.current],
    ["OPERATOR_TOKEN", config.operatorToken],
    ["ROUTER_SECRET", config.routerSecrets[0]],
    ["WEBHOOK_SECRET", config.webhookSecret],
    ["REWARD_SERVICE_TOKEN", config.rewardServiceToken],
    ["CLIENT_HANDOFF_KEY", key && new TextDecoder().decode(key)],
  ];
  return new Map(values.filter((each): each is [string, string] => each[1] !== undefined));
}

/** No network of one owner has fewer bits, such as 10.0.0.0/8. */
const WIDE_NETWORK_BITS = 7;
/** A random value of 16 hexadecimal digits or more has fewer different characters than this with a chance of 1 in 1,000. */
const FEW_CHARACTERS = 7;

const isGuessable = (secret: string): boolean =>
  new Set(secret).size < FEW_CHARACTERS || /change.?me|secret|password|example|sandbox|123456/i.test(secret);

/** Logs one line of enabled and disabled features, and a warning for each unsafe setting. */
export function logStartSummary(config: Config, log: Logger): void {
  const { on, off, unsafe } = startSummary(config);
  log.info({ on, off }, "Features that the settings turn on and off");
  for (const danger of unsafe) log.warn(`Unsafe: ${danger}`);
}
