import { join } from "node:path";
import type { App } from "../app.ts";
import type { Config } from "../config/config.ts";

/** The summary for a newcomer after `npm start`; production logs a line instead. */
export function banner(config: Config, app: App): string {
  const lines = [
    "",
    `  Tessera is ready, after ${(performance.now() / 1_000).toFixed(1)} s.`,
    "",
    `  Rewards site    ${app.url}/`,
    `  GraphiQL        ${app.url}/graphiql/`,
    `  Documentation   ${app.url}/docs/`,
    `  Console         ${app.url}/console/`,
    `  GraphQL         ${app.url}/graphql`,
    `  Health          ${app.url}/healthz and ${app.url}/readyz`,
  ];
  if (app.metricsUrl) lines.push(`  Metrics         ${app.metricsUrl}`);
  if (app.sandboxUrl) {
    lines.push(
      `  Sandbox         ${app.sandboxUrl}/__sandbox`,
      "",
      `  Sign in         ${app.url}/signin${config.handOff.key ? "" : ", as a sample customer with one click"}`,
      `  One-time code   curl '${app.sandboxUrl}/__sandbox/client/otp?customer_id=CUST12345'`,
    );
  }
  lines.push(
    "",
    `  Operator token  ${join(config.dataDir, "operator-token")}`,
    `  Reward service  ${join(config.dataDir, "reward-service-token")}`,
  );
  for (const note of app.notes) lines.push(`  Note            ${note}`);
  return `${lines.join("\n")}\n\n`;
}
