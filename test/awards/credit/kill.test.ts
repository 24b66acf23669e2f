import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CrashPoint } from "../../../src/platform/crash-point.ts";
import { type MortalGateway, startMortalGateway } from "../../support/gateway-process.ts";
import { awardsSettled, creditsOf, endLeases, insertAwards, readAwards } from "../../support/rewards/awards.ts";

/** SIGKILL ends the process while it credits, and it restarts. The tests share a gateway, database and sandbox. */

let gateway: MortalGateway;
beforeAll(async () => {
  gateway = await startMortalGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

function newCustomer(): string {
  const customer_id = `C-${randomUUID()}`;
  gateway.sandbox.client.addCustomer({ customer_id, balance: 0 });
  return customer_id;
}

/** An award that is not credited before an operator retries it. @returns its id */
async function refusedAward(customerId = newCustomer()): Promise<string> {
  const [id = ""] = await insertAwards(gateway, [{ customerId: null }]);
  const refused = "customer_id = $1, state = 'REFUSED', settled_at = now()";
  await gateway.sql(`update reward_awards set ${refused} where id = $2`, [customerId, id]);
  return id;
}

/** Retries an award as an operator, which wakes the worker for all due awards. */
async function tryAgain(id: string): Promise<void> {
  const awardId = Buffer.from(`RewardAward:${id}`).toString("base64url");
  await gateway.operator.ok(
    "mutation ($input: ResolveAwardInput!) { resolveAward(input: $input) { userErrors { code } } }",
    { input: { awardId, resolution: "TRY_AGAIN", note: "wakes the worker" } },
  );
}

test.each<[CrashPoint, { reached: boolean }]>([
  ["credit:marked", { reached: false }],
  ["credit:answered", { reached: true }],
])("killed at %s, awards are credited once, after their lease has ended and not before", async (point, ledger) => {
  const customers = Array.from({ length: 5 }, newCustomer);
  const creditsTo = (whom: string[]) => whom.flatMap((customerId) => creditsOf(gateway, customerId));
  const another = newCustomer();
  const wake = await refusedAward(another);
  const ids: string[] = [];
  await gateway.dieAt(point, async () => {
    const awards = customers.map((customerId) => ({ customerId }));
    ids.push(...(await insertAwards(gateway, awards)));
    await tryAgain(wake);
  });
  const atDeath = await readAwards(gateway, ids);
  const marked = { state: "PENDING", attempts: 1, sent_at: expect.any(Date), under_way_until: expect.any(Date) };
  expect(atDeath).toMatchObject(ids.map((id) => ({ ...marked, credit_reference: `AWARD-${id}` })));
  for (const { sent_at, due_at } of atDeath) expect(+(due_at ?? 0)).toBeGreaterThan(+(sent_at ?? Infinity));
  expect(creditsTo([...customers, another]).length > 0).toBe(ledger.reached);

  // The new process finds the leases of the old one, however long it takes to start.
  await gateway.sql("update reward_awards set due_at = now() + interval '1 hour' where id = any($1)", [ids]);
  await gateway.restart();
  const other = await refusedAward();
  await tryAgain(other);
  expect(await awardsSettled(gateway, [other])).toMatchObject([{ state: "CREDITED" }]);
  expect(await readAwards(gateway, ids)).toMatchObject(ids.map(() => ({ state: "PENDING", attempts: 1 })));

  await endLeases(gateway);
  await tryAgain(await refusedAward());
  expect(await awardsSettled(gateway, ids)).toMatchObject(ids.map(() => ({ state: "CREDITED", attempts: 2 })));
  expect(creditsTo(customers)).toEqual(ids.map((id) => ({ reference: `AWARD-${id}`, points: 100 })));
});
