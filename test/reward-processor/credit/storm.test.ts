import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import type { FaultScript } from "../../../sandbox/faults.ts";
import { AWARDS_TO_CREDIT } from "../../../src/reward-processor/credit/topic.ts";
import { makeTestGateway, type TestGateway } from "../../support/gateway.ts";
import { freePort, type GatewayProcess, startGatewayProcess } from "../../support/gateway-process.ts";
import { awardsSettled, creditsOf, insertAwards, type SeenAward } from "../support/awards.ts";
import { startCreditingAlone } from "../support/crediting.ts";

/**
 * What is credited in the ledger is what is on record as credited, whatever goes wrong. STORM_SEED repeats a run's choices;
 * STORM_AWARDS makes it longer.
 */
vi.setConfig({ testTimeout: 240_000 });
const seed = Number(process.env["STORM_SEED"] ?? 20_261_122);
const awardCount = Number(process.env["STORM_AWARDS"] ?? 300);

const weather: (Partial<FaultScript> & Pick<FaultScript, "fault">)[] = [
  { fault: "http-500" },
  { fault: "http-500", commit: true },
  { fault: "commit-then-drop" },
  { fault: "drop-before" },
  { fault: "malformed", commit: true },
  { fault: "malformed", message: "half" },
  { fault: "rate-limit" },
  { fault: "delay", delayMs: 400 },
];

/** Lets faults come, a few at a time, until it is stopped. */
function storm({ faults }: TestGateway["sandbox"], random: () => number): { end(): Promise<void> } {
  let isOver = false;
  const blowing = (async () => {
    while (!isOver) {
      const script = weather[Math.floor(random() * weather.length)];
      if (script && faults.list().length < 3) faults.add({ upstream: "client", operation: "credit", ...script });
      await delay(5 + random() * 30);
    }
    faults.clear();
  })();
  return {
    end() {
      isOver = true;
      return blowing;
    },
  };
}

/** That each award was credited as is on record: once or never, and all points add up. */
function expectConserved(gateway: Pick<TestGateway, "sandbox">, customers: string[], awards: SeenAward[]): void {
  const inLedger = customers.flatMap((customerId) => creditsOf(gateway, customerId));
  const onRecord = awards
    .filter(({ state }) => state === "CREDITED")
    .map(({ credit_reference: reference, points }) => ({ reference, points }));
  const byReference = (one: { reference?: unknown }, other: { reference?: unknown }) =>
    String(one.reference).localeCompare(String(other.reference));
  expect(inLedger.toSorted(byReference)).toEqual(onRecord.toSorted(byReference));
}

test(`two workers at once credit a random mix exactly as is on record (seed ${seed})`, async () => {
  const random = mulberry32(seed);
  await using gateway = await startCreditingAlone({ workers: 2 });
  const { sandbox, bus } = gateway;
  const customers = Array.from({ length: 12 }, () => `C-${randomUUID()}`);
  for (const customer_id of customers) sandbox.client.addCustomer({ customer_id, balance: 0 });
  const anybody = () => customers[Math.floor(random() * customers.length)] ?? "";

  const bad = storm(sandbox, random);
  const ids: string[] = [];
  const expected = { lapsed: 0, refused: 0 };
  for (let made = 0; made < awardCount; made += 10) {
    const kinds = Array.from({ length: 10 }, () => random());
    const some = await insertAwards(
      gateway,
      kinds.map((kind) => ({
        customerId: kind < 0.2 ? null : kind < 0.25 ? "NOBODY" : anybody(),
        points: 1 + Math.floor(random() * 500),
        availableAt: new Date(Date.now() + (kind > 0.8 ? 1_500 : -1_000)),
        expiresAt: kind > 0.25 && kind < 0.3 ? new Date(Date.now() - 1) : null,
      })),
    );
    expected.refused += kinds.filter((kind) => kind >= 0.2 && kind < 0.25).length;
    expected.lapsed += kinds.filter((kind) => kind > 0.25 && kind < 0.3).length;
    bus.ring(AWARDS_TO_CREDIT);
    await delay(random() * 40);
    // Those who were unknown become known.
    const unknown = some.filter((_, nth) => (kinds[nth] ?? 1) < 0.2);
    for (const id of unknown) {
      await gateway.sql("update reward_awards set customer_id = $1 where id = $2::uuid", [anybody(), id]);
    }
    bus.ring(AWARDS_TO_CREDIT);
    ids.push(...some);
  }
  await bad.end();
  const awards = await awardsSettled(gateway, ids);
  expect(awards.filter(({ state }) => state === "REFUSED")).toHaveLength(expected.refused);
  expect(awards.filter(({ state }) => state === "LAPSED")).toHaveLength(expected.lapsed);
  expect(awards.filter(({ state }) => state === "NEEDS_ATTENTION")).toEqual([]);
  expectConserved(gateway, customers, awards);
});

test(`two processes that die again and again lose no award and credit none twice (seed ${seed})`, async () => {
  const random = mulberry32(seed);
  const ports = [await freePort(), await freePort()] as const;
  const processes: GatewayProcess[] = [];
  let settings: Record<string, string> = {};
  await using gateway = await makeTestGateway(async (env) => {
    settings = { ...env, UPSTREAM_TIMEOUT_MS: "300", CLIENT_SETTLE_SECONDS: "0.5" };
    for (const PORT of ports) processes.push(await startGatewayProcess({ ...settings, PORT }));
    const [first] = processes;
    return { url: first?.url ?? "", stop: async () => void (await Promise.all(processes.map((each) => each.stop()))) };
  });
  const customers = Array.from({ length: 12 }, () => `C-${randomUUID()}`);
  for (const customer_id of customers) gateway.sandbox.client.addCustomer({ customer_id, balance: 0 });
  const ids: string[] = [];
  const bad = storm(gateway.sandbox, random);
  let kills = 0;
  for (; kills < 4; kills += 1) {
    const awards = Array.from({ length: Math.ceil(awardCount / 4) }, (_, nth) => ({
      customerId: customers[nth % customers.length] ?? "",
      points: 1 + Math.floor(random() * 500),
    }));
    ids.push(...(await insertAwards(gateway, awards)));
    const index = random() < 0.5 ? 0 : 1;
    await processes[index]?.kill("SIGKILL");
    processes[index] = await startGatewayProcess({ ...settings, PORT: ports[index] });
    await delay(random() * 400);
  }
  await bad.end();
  await processes[0]?.kill("SIGKILL");
  processes[0] = await startGatewayProcess({ ...settings, PORT: ports[0] });
  const awards = await awardsSettled(gateway, ids);
  expect(awards.every(({ state }) => state === "CREDITED")).toBe(true);
  expectConserved(gateway, customers, awards);
});

/** Small seeded generator, so that a run can be repeated. */
function mulberry32(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
