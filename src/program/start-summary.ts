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
    [metrics, "metrics (METRICS_PORT)"],
    [config.tracing, "traces (OTEL_EXPORTER_OTLP_ENDPOINT)"],
  ];
  const dangers: [isUnsafe: unknown, danger: string][] = [
    [
      plainTextAllowed.length > 0,
      `PLAIN_TEXT_ALLOWED: secrets cross the network in plain text by ${plainTextAllowed.join(", ")}. Use TLS`,
    ],
    [
      env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0",
      "NODE_TLS_REJECT_UNAUTHORIZED: no certificate of any server is checked. Remove it, and name your authority in NODE_EXTRA_CA_CERTS",
    ],
    [
      /[?&]sslmode=no-verify\b/.test(config.databaseUrl ?? ""),
      "DATABASE_URL: the server's certificate is not checked. Use sslmode=verify-full",
    ],
    [
      config.voucherSecrets.current === config.sessionSecrets.current,
      "VOUCHER_SECRET: unset, so whoever has SESSION_SECRET can read voucher codes as well. Give it a value of its own (docs/operations.md)",
    ],
    [
      config.publicOrigin === undefined,
      "PUBLIC_ORIGIN: unset, so a request's own Host says which pages may use cookies. Set it to the origin of the site",
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
      trustProxy !== false && trustProxy.some((network) => /\/0$/.test(network)),
      "TRUST_PROXY: every address is believed, so callers choose their own and escape the limits. Name your proxies alone",
    ],
    [
      config.fallbacks.length > 0,
      `${config.fallbacks.join(", ")}: set, so the other values of these secrets are good as well. Remove them when the rotation is over`,
    ],
    [config.seed === "sample", "SEED: sample rewards may be in the catalogue, for real points. Set it to none"],
  ];
  return {
    on: parts.flatMap(([isOn, part]) => (isOn ? part : [])),
    off: parts.flatMap(([isOn, part]) => (isOn ? [] : part)),
    unsafe: dangers.flatMap(([isUnsafe, danger]) => (isUnsafe ? danger : [])),
  };
}

/** Logs one line of enabled and disabled features, and a warning for each unsafe setting. */
export function logStartSummary(config: Config, log: Logger): void {
  const { on, off, unsafe } = startSummary(config);
  log.info({ on, off }, "Features that the settings turn on and off");
  for (const danger of unsafe) log.warn(`Unsafe: ${danger}`);
}
