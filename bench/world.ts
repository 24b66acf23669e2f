import { randomUUID } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "../src/platform/postgres/embedded.ts";
import { freePort } from "../test/support/free-port.ts";
import { withoutLimits } from "../test/support/without-limits.ts";
import { type Contender, startContender } from "./contender.ts";
import { countingSettings, openDatabaseCounter } from "./database.ts";
import { sentOtp } from "./sent-otp.ts";

export const OPERATOR_TOKEN = "operator-token-of-the-benchmark";

/** A durable PostgreSQL, a sandbox in a process of its own, and a gateway with the sample data. */
export interface World extends AsyncDisposable {
  env: Record<string, string>;
  gateway: Contender;
  sandbox: Contender;
  /** The inspector's port; null unless requested. */
  inspectPort: string | null;
  database: Awaited<ReturnType<typeof openDatabaseCounter>>;
  /** Adds a customer to the sandbox and signs them in. @returns their access token */
  signIn(customerId: string, balance: number): Promise<string>;
}

export async function makeWorld({ isProfiled }: { isProfiled: boolean }): Promise<World> {
  const dataDir = await mkdtemp(join(tmpdir(), "tessera-bench-"));
  await chmod(dataDir, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir, settings: countingSettings });
  const credentials = { CLIENT_API_USER: "tessera", CLIENT_API_PASSWORD: "sandbox" };
  const sandbox = await startContender("sandbox/main.ts", { ...credentials, SANDBOX_PORT: "0", DATA_DIR: dataDir });
  const env = {
    NODE_ENV: "development",
    DATABASE_URL: postgres.url,
    CLIENT_API_URL: sandbox.url,
    ...credentials,
    SESSION_SECRET: randomUUID() + randomUUID(),
    OPERATOR_TOKEN,
    ...withoutLimits,
    WEBHOOKS_TO_PRIVATE_ADDRESSES: "true",
    LOG_LEVEL: "warn",
    DATA_DIR: dataDir,
  };
  const inspectPort = isProfiled ? await freePort() : null;
  const gateway = await startContender(
    "src/main.ts",
    env,
    inspectPort === null ? [] : [`--inspect=127.0.0.1:${inspectPort}`],
  );
  const database = await openDatabaseCounter(postgres.url, postgres.directory);

  return {
    env,
    gateway,
    sandbox,
    inspectPort,
    database,
    async signIn(customerId, balance) {
      await post(`${sandbox.url}/__sandbox/client/customers`, { customer_id: customerId, balance });
      const { requestOtp } = await send(
        gateway.url,
        `mutation { requestOtp(input: { customerId: "${customerId}" }) { challengeId } }`,
      );
      const otp = await sentOtp(sandbox.url, customerId);
      const { verifyOtp } = await send(
        gateway.url,
        `mutation { verifyOtp(input: { challengeId: "${requestOtp.challengeId}", otp: "${otp}" }) { session { accessToken } } }`,
      );
      return verifyOtp.session.accessToken as string;
    },
    async [Symbol.asyncDispose]() {
      await gateway.stop();
      await database.close();
      await sandbox.stop();
      await postgres.stop({ force: true });
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Sends one operation. @throws on any error in the answer */
// biome-ignore lint/suspicious/noExplicitAny: a benchmark reads answers it knows
export async function send(url: string, query: string, token?: string, variables: object = {}): Promise<any> {
  const answer = await post(`${url}/graphql`, { query, variables }, token);
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

// biome-ignore lint/suspicious/noExplicitAny: see above
async function post(url: string, body: unknown, token?: string): Promise<any> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  return response.json();
}
