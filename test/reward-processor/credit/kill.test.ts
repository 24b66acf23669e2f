import { randomUUID } from "node:crypto";
import { expect, test, vi } from "vitest";
import type { CrashPoint } from "../../../src/platform/crash-point.ts";
import { startMortalGateway } from "../../support/gateway-process.ts";
import { awardsSettled, creditsOf, insertAwards, readAwards } from "../support/awards.ts";

vi.setConfig({ testTimeout: 240_000 });

test.concurrent.each<[CrashPoint, number]>([
  ["credit:marked", 0],
  ["credit:answered", 1],
])("killed at %s, awards are credited once, when their lease is over", async (point, before) => {
  await using gateway = await startMortalGateway({ TRIP_POINT: "" });
  const customers = Array.from({ length: 5 }, () => `C-${randomUUID()}`);
  for (const customer_id of customers) gateway.sandbox.client.addCustomer({ customer_id, balance: 0 });
  await gateway.process().stop();
  const ids = await insertAwards(
    gateway,
    customers.map((customerId) => ({ customerId })),
  );
  // It dies as soon as it looks, which may be before it is ready.
  await gateway.restart({ TRIP_POINT: point }).catch(() => {});
  expect(await gateway.process().ended).toBe("SIGKILL");
  const marked = await readAwards(gateway, ids);
  expect(marked.every(({ sent_at, state }) => sent_at !== null && state === "PENDING")).toBe(true);
  const credits = () => customers.flatMap((customerId) => creditsOf(gateway, customerId));
  expect(credits().length).toBeGreaterThanOrEqual(before);

  await gateway.restart({ TRIP_POINT: "" });
  const done = await awardsSettled(gateway, ids);
  expect(done.map(({ state }) => state)).toEqual(ids.map(() => "CREDITED"));
  // Asked again after the kill, and under load perhaps once more: always under the same reference.
  expect(done.every(({ attempts }) => attempts >= 2)).toBe(true);
  expect(credits()).toEqual(ids.map((id) => ({ reference: `AWARD-${id}`, points: 100 })));
});
