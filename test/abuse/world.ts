import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { customerTokenKey } from "../../sandbox/client/credentials.ts";
import { startEmbeddedPostgres } from "../../src/platform/postgres/embedded.ts";
import { startSandboxProcess } from "../../src/program/sandbox-process.ts";

const TICKS_PER_SECOND = 100; // USER_HZ on Linux
const OPERATOR_TOKEN = "operator-token-of-the-attacks";

export interface World extends AsyncDisposable {
  url: string;
  sandboxUrl: string;
  database: pg.Client;
  cpuMs(): number;
  residentMb(): number;
  /** Sends an operation from an address, with these headers. */
  send(query: string, headers?: Record<string, string>): Promise<Answer>;
  /** A new customer of the sandbox, signed in. @returns the access token */
  signIn(customerId: string, balance?: number): Promise<string>;
  operator: Record<string, string>;
  sentOtp(customerId: string): Promise<string>;
}

export interface Answer {
  status: number;
  ms: number;
  // biome-ignore lint/suspicious/noExplicitAny: an attack reads answers it knows
  body: any;
}

/** A gateway of a checkout, behind a proxy on this machine, so that attackers have addresses of their own. */
export async function openWorld(checkout: string, more: Record<string, string> = {}): Promise<World> {
  const dataDir = await mkdtemp(join(tmpdir(), "tessera-abuse-"));
  await chmod(dataDir, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir });
  const sandbox = await startSandboxProcess({ port: 0, dataDir, user: "tessera", password: "sandbox" });
  const { capillary } = sandbox;
  const child = spawn(process.execPath, ["--max-semi-space-size=16", join(checkout, "src/main.ts")], {
    env: {
      PATH: process.env["PATH"],
      PORT: "0",
      NODE_ENV: "test",
      DATABASE_URL: postgres.url,
      CLIENT_API_URL: sandbox.url,
      CLIENT_API_USER: "tessera",
      CLIENT_API_PASSWORD: "sandbox",
      CAPILLARY_REWARDS_URL: capillary.rewardsUrl,
      CAPILLARY_INTOUCH_URL: capillary.intouchUrl,
      CAPILLARY_TILL: capillary.till,
      CAPILLARY_PASSWORD: capillary.password,
      CAPILLARY_ORG_ID: capillary.orgId,
      CAPILLARY_BRAND: capillary.brand,
      CAPILLARY_PROGRAM_ID: capillary.programId,
      CLIENT_HANDOFF_KEY: customerTokenKey,
      SESSION_SECRET: randomUUID() + randomUUID(),
      OPERATOR_TOKEN,
      TRUST_PROXY: "127.0.0.1",
      SEED: "sample",
      LOG_LEVEL: "silent",
      SHUTDOWN_DELAY_SECONDS: "0",
      DATA_DIR: dataDir,
      ...more,
    },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = once(child, "exit");
  const [ready] = (await Promise.race([
    once(child, "message"),
    ended.then(() => Promise.reject(new Error("the gateway ended before it was ready"))),
  ])) as [{ url: string }];
  const database = new pg.Client({ connectionString: postgres.url });
  await database.connect();

  const world: World = {
    url: ready.url,
    sandboxUrl: sandbox.url,
    database,
    operator: { authorization: `Bearer ${OPERATOR_TOKEN}` },
    cpuMs() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1_000;
    },
    residentMb: () =>
      Math.round(
        Number(readFileSync(`/proc/${child.pid}/status`, "utf8").match(/VmRSS:\s+(\d+)/)?.[1] ?? Number.NaN) / 1_024,
      ),
    async send(query, headers = {}) {
      const startedAt = performance.now();
      const response = await fetch(`${ready.url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ query }),
      });
      const body = await response.json();
      return { status: response.status, ms: performance.now() - startedAt, body };
    },
    async sentOtp(customerId) {
      // The interval of a poll: nothing depends on its length.
      for (; ; await delay(25)) {
        const response = await fetch(`${sandbox.url}/__sandbox/client/otp?customer_id=${customerId}`);
        if (response.ok) return ((await response.json()) as { otp: string }).otp;
      }
    },
    async signIn(customerId, balance = 100_000) {
      await fetch(`${sandbox.url}/__sandbox/client/customers`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ customer_id: customerId, balance }),
      });
      const address = { "x-forwarded-for": addressOf(customerId) };
      const asked = await world.send(requestOtp(customerId), address);
      const { challengeId } = asked.body.data.requestOtp;
      const verified = await world.send(verifyOtp(challengeId, await world.sentOtp(customerId)), address);
      return verified.body.data.verifyOtp.session.accessToken;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
      await database.end();
      await sandbox.stop();
      await postgres.stop({ force: true });
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  await delay(1_500); // the work that follows a start
  return world;
}

/** An address that belongs to this name. */
export function addressOf(name: string): string {
  const sum = [...name].reduce((total, letter) => (total * 31 + (letter.codePointAt(0) ?? 0)) % 65_025, 7);
  return `10.77.${Math.floor(sum / 255)}.${(sum % 255) + 1}`;
}

export const requestOtp = (customerId: string) =>
  `mutation { requestOtp(input: { customerId: "${customerId}" }) { challengeId
    userErrors { code ... on OtpThrottled { retryAt } } } }`;
export const verifyOtp = (challengeId: string, otp: string) =>
  `mutation { verifyOtp(input: { challengeId: "${challengeId}", otp: "${otp}" }) {
    session { accessToken } userErrors { code } } }`;

/** The waits of a client at another address for this operation, repeated until `until` settles. */
export async function bystander(
  world: World,
  query: string,
  until: Promise<unknown>,
  headers: Record<string, string> = {},
): Promise<{ p50: number; worst: number; failed: number; asked: number }> {
  let isOver = false;
  void until.then(
    () => (isOver = true),
    () => (isOver = true),
  );
  const waits: number[] = [];
  let failed = 0;
  while (!isOver) {
    const startedAt = performance.now();
    const answer = await world
      .send(query, { "x-forwarded-for": "10.99.0.1", ...headers })
      .catch(() => ({ status: 0, body: { errors: [] } }));
    waits.push(performance.now() - startedAt);
    if (answer.status !== 200 || answer.body.errors) failed += 1;
    await delay(50); // the pace of a person who asks again and again, whose waits are measured
  }
  const sorted = waits.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { p50: at(0.5), worst: at(1), failed, asked: sorted.length };
}

/** The highest memory of the gateway until `until` settles. */
export async function peakMb(world: World, until: Promise<unknown>): Promise<number> {
  let isOver = false;
  void until.then(
    () => (isOver = true),
    () => (isOver = true),
  );
  let peak = world.residentMb();
  while (!isOver) {
    peak = Math.max(peak, world.residentMb());
    await delay(50); // the interval of the samples
  }
  return peak;
}
