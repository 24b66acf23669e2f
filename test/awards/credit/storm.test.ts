import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { FaultScript } from "../../../sandbox/faults.ts";
import { AWARDS_TO_CREDIT } from "../../../src/domain/topics.ts";
import { freePort } from "../../support/free-port.ts";
import { makeTestGateway, type TestGateway } from "../../support/gateway.ts";
import { type GatewayProcess, startGatewayProcess } from "../../support/gateway-process.ts";
import { seededRandom } from "../../support/random.ts";
import {
  awardsSettled,
  creditsOf,
  creditsSent,
  endLeases,
  insertAwards,
  type SeenAward,
} from "../../support/rewards/awards.ts";
import { startCreditingAlone } from "../../support/rewards/crediting.ts";

/**
 * The credits in the ledger equal the recorded credits, under any fault. STORM_SEED repeats a run's choices;
 * STORM_AWARDS makes it longer.
 */
const seed = Number(process.env["STORM_SEED"] ?? 20_261_122);
const awardCount = Number(process.env["STORM_AWARDS"] ?? 300);
const kills = 3;

const weather: (Partial<FaultScript> & Pick<FaultScript, "fault">)[] = [
  { fault: "http-500" },
  { fault: "http-500", commit: true },
  { fault: "commit-then-drop" },
  { fault: "drop-before" },
  { fault: "malformed", commit: true },
  { fault: "malformed", message: "half" },
  { fault: "rate-limit" },
  { fault: "hold", hangUp: true },
];

/** Injects faults, and late effects, as credits are sent, until it is ended. */
function storm({ sandbox: { calls, faults } }: Pick<TestGateway, "sandbox">): { end(): Promise<void> } {
  const random = seededRandom(seed);
  const over = Promise.withResolvers<null>();
  const blowing = (async () => {
    for (let last = 0; ; ) {
      const nextCall = calls.waitFor(({ seq, operation }) => seq > last && operation === "credit").catch(() => null);
      const call = await Promise.race([nextCall, over.promise]);
      if (!call) return;
      last = call.seq;
      const script = weather[Math.floor(random() * weather.length)];
      if (script && random() < 0.3 && faults.list().length < 3) {
        faults.add({ upstream: "client", operation: "credit", ...script });
      }
      if (random() < 0.1) faults.release();
    }
  })();
  return {
    async end() {
      over.resolve(null);
      await blowing;
      faults.clear();
      faults.release();
    },
  };
}

/** Checks that each award was credited as recorded, once or never, and that all points add up. */
function expectConserved(gateway: Pick<TestGateway, "sandbox">, customers: string[], awards: SeenAward[]): void {
  const inLedger = customers.flatMap((customerId) => creditsOf(gateway, customerId));
  const onRecord = awards
    .filter(({ state }) => state === "CREDITED")
    .map(({ credit_reference: reference, points }) => ({ reference, points }));
  const byReference = (one: { reference?: unknown }, other: { reference?: unknown }) =>
    String(one.reference).localeCompare(String(other.reference));
  expect(inLedger.toSorted(byReference)).toEqual(onRecord.toSorted(byReference));
}

test(`two concurrent workers credit a random mix exactly as recorded (seed ${seed})`, async () => {
  const random = seededRandom(seed + 1);
  await using gateway = await startCreditingAlone({ workers: 2 });
  const { sandbox, bus } = gateway;
  const customers = Array.from({ length: 12 }, () => `C-${randomUUID()}`);
  for (const customer_id of customers) sandbox.client.addCustomer({ customer_id, balance: 0 });
  const anybody = () => customers[Math.floor(random() * customers.length)] ?? "";

  const bad = storm(gateway);
  const ids: string[] = [];
  const expected = { lapsed: 0, refused: 0 };
  for (let made = 0; made < awardCount; made += 10) {
    const kinds = Array.from({ length: 10 }, () => random());
    const some = await insertAwards(
      gateway,
      kinds.map((kind) => ({
        customerId: kind < 0.2 ? null : kind < 0.25 ? "NOBODY" : anybody(),
        points: 1 + Math.floor(random() * 500),
        // The credit date of some is in the future.
        availableAt: new Date(Date.now() + (kind > 0.8 ? 500 * random() : -1_000)),
        // Long past: a worker compares with the time at which it began to claim, which is before the insertion.
        expiresAt: kind > 0.25 && kind < 0.3 ? new Date(Date.now() - 60_000) : null,
      })),
    );
    expected.refused += kinds.filter((kind) => kind >= 0.2 && kind < 0.25).length;
    expected.lapsed += kinds.filter((kind) => kind > 0.25 && kind < 0.3).length;
    bus.notify(AWARDS_TO_CREDIT);
    // Unknown members are linked.
    const unknown = some.filter((_, nth) => (kinds[nth] ?? 1) < 0.2);
    for (const id of unknown) {
      await gateway.sql("update reward_awards set customer_id = $1 where id = $2::uuid", [anybody(), id]);
    }
    bus.notify(AWARDS_TO_CREDIT);
    ids.push(...some);
  }
  await bad.end();
  const awards = await awardsSettled(gateway, ids);
  expect(awards.filter(({ state }) => state === "REFUSED")).toHaveLength(expected.refused);
  expect(awards.filter(({ state }) => state === "LAPSED")).toHaveLength(expected.lapsed);
  expect(awards.filter(({ state }) => state === "NEEDS_ATTENTION")).toEqual([]);
  expectConserved(gateway, customers, awards);
});

test(`two processes that are killed again and again lose no award and credit none twice (seed ${seed})`, async () => {
  const random = seededRandom(seed + 1);
  const ports = [await freePort(), await freePort()] as const;
  const processes: GatewayProcess[] = [];
  const customers = Array.from({ length: 12 }, () => `C-${randomUUID()}`);
  let settings: { [name: string]: string } = {};
  await using gateway = await makeTestGateway(async (env) => {
    settings = env;
    processes.push(...(await Promise.all(ports.map((PORT) => startGatewayProcess({ ...settings, PORT })))));
    const stop = async () => void (await Promise.all(processes.map((each) => each.stop())));
    return { url: processes[0]?.url ?? "", stop };
  });
  for (const customer_id of customers) gateway.sandbox.client.addCustomer({ customer_id, balance: 0 });
  const ids: string[] = [];
  const bad = storm(gateway);
  /** Kills the process and starts it again: it polls for awards at once. */
  async function restart(index: 0 | 1, meanwhile: () => Promise<unknown>): Promise<void> {
    await processes[index]?.kill("SIGKILL");
    await meanwhile();
    processes[index] = await startGatewayProcess({ ...settings, PORT: ports[index] });
  }
  const perKill = Math.ceil(awardCount / kills);
  for (let kill = 0; kill < kills; kill += 1) {
    const awards = Array.from({ length: perKill }, (_, nth) => ({
      customerId: customers[nth % customers.length] ?? "",
      points: 1 + Math.floor(random() * 500),
    }));
    const inFullWork = creditsSent(gateway, 5 + Math.floor(random() * perKill * 0.5));
    await restart(random() < 0.5 ? 0 : 1, async () => ids.push(...(await insertAwards(gateway, awards))));
    await inFullWork;
  }
  await bad.end();
  await restart(0, () => endLeases(gateway));
  const awards = await awardsSettled(gateway, ids);
  expect(awards.every(({ state }) => state === "CREDITED")).toBe(true);
  expectConserved(gateway, customers, awards);
});
