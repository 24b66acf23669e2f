import { afterAll, beforeAll, expect, test } from "vitest";
import { localDateOf } from "../../src/platform/time-zone.ts";
import { addLine, groupMember, issuable, orderCart } from "../support/capillary-orders.ts";
import { DAY, HOUR, makeTestClock } from "../support/clock.ts";
import { type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import { orderSettled, orderWhen, placeOrder } from "../support/orders.ts";
import { runEnded, withStatement } from "../support/reconciliation.ts";
import { insertAwards } from "../support/rewards/awards.ts";

const ZONE = "Asia/Jakarta";
// Three in the morning in Jakarta: the day has begun there, and not in UTC.
const clock = makeTestClock("2026-06-03T20:00:00.000Z");
let gateway: InProcessGateway;
beforeAll(async () => {
  gateway = await startTestGateway(
    { ...withStatement, RECONCILE_AT: "02:00" },
    { clock, pace: { creditPollMs: 0, nightlyCheckEveryMs: 20 } },
  );
});
afterAll(() => gateway[Symbol.asyncDispose]());

const settlementOf = async (day: string) =>
  (
    await gateway.operator.ok<{
      settlement: {
        taken: number;
        returned: number;
        credited: number;
        csv: string;
        lines: { item: string; wallet: string }[];
      };
    }>(
      "query ($day: Date!) { settlement(day: $day) { taken returned credited csv lines { item wallet ledger taken returned credited } } }",
      {
        day,
      },
    )
  ).settlement;

test("a day's settlement has each wallet and reward, and its lines add up to its totals", async () => {
  const day = localDateOf(clock.now(), ZONE);
  expect(day).toBe("2026-06-04");
  const [cheap, dear] = [
    await gateway.voucher({ points: 30 }),
    await gateway.voucher({ points: 100, codes: 2, name: `Tea, "green"` }),
  ];
  await gateway.sql(
    "update voucher_codes set state = 'EXPIRED' where id = (select c.id from voucher_codes c join rewards r on r.id = c.reward_id where r.sku = $1 limit 1)",
    [dear.sku],
  );
  const customer = await gateway.customer({ balance: 1_000 });
  // 2 of 30 and 2 of 100, one of which is out of stock: 100 points are returned.
  await orderWhen(
    customer,
    await placeOrder(customer, [cheap.id, 2], [dear.id, 2]),
    ({ pointsState }) => pointsState === "PARTIALLY_RETURNED",
  );
  const treat = await issuable(gateway, { points: 80, startsAt: "2026-01-01T00:00:00.000Z" });
  const member = await groupMember(gateway, { groupPoints: 500 });
  await addLine(member, treat, { groupWalletId: member.groupWalletId });
  await orderSettled(member, await orderCart(member));
  const [awardId] = await insertAwards(gateway, [{ customerId: customer.customerId, points: 12 }]);
  await gateway.sql(
    "update reward_awards set state = 'CREDITED', ledger = 'CLIENT', credit_reference = 'AWARD-' || id, sent_at = $2, settled_at = $2 where id = $1",
    [awardId, clock.now()],
  );

  const settlement = await settlementOf(day);
  expect(settlement).toMatchObject({ taken: 260 + 80, returned: 100, credited: 12 });
  const rows = settlement.csv.trimEnd().split("\r\n");
  expect(rows[0]).toBe("day,ledger,wallet,group,item,name,taken,returned,credited,net");
  expect(rows.at(-1)).toBe("2026-06-04,TOTAL,,,,,340,100,12,228");
  expect(rows.slice(1, -1)).toHaveLength(4);
  expect(rows).toEqual(
    expect.arrayContaining([
      `2026-06-04,CAPILLARY,GROUP,${member.groupId},CAP-${treat.upstreamId},${rows.find((row) => row.includes(",GROUP,"))?.split(",")[5]},80,0,0,80`,
      expect.stringMatching(
        /^2026-06-04,CLIENT,INDIVIDUAL,,rule:rule-[0-9a-f-]+,Awards of rule-[0-9a-f-]+,0,0,12,-12$/,
      ),
      expect.stringMatching(new RegExp(`^2026-06-04,CLIENT,INDIVIDUAL,,${cheap.sku},Reward [^,]+,60,0,0,60$`)),
      `2026-06-04,CLIENT,INDIVIDUAL,,${dear.sku},"Tea, ""green""",200,100,0,100`,
    ]),
  );
  expect(await settlementOf("2026-06-03")).toMatchObject({ taken: 0, returned: 0, credited: 0 });
});

test("each night is reconciled once, by one of the processes, starting where the last run ended", async () => {
  const runs = async () =>
    (
      await gateway.operator.ok<{
        reconciliationRuns: {
          nodes: { id: string; from: string; to: string; actor: string; finishedAt: string | null }[];
        };
      }>("{ reconciliationRuns { nodes { id from to actor finishedAt } } }")
    ).reconciliationRuns.nodes;
  // Three in the morning: last night is reconciled.
  await gateway.until(async () => (await runs()).length === 1);
  const [first] = await runs();
  expect(first).toMatchObject({ actor: "system", from: "2026-06-02T17:00:00.000Z", to: "2026-06-03T17:00:00.000Z" });
  await runEnded(gateway, first?.id ?? "");

  clock.advance(2 * DAY - 2 * HOUR); // one in the morning, two days later: too early for last night
  await using second = await startTestGateway(
    { DATABASE_URL: gateway.databaseUrl, CLIENT_API_URL: gateway.sandbox.url, RECONCILE_AT: "02:00" },
    { clock, pace: { creditPollMs: 0, nightlyCheckEveryMs: 20 } },
  );
  clock.advance(HOUR);
  await gateway.until(async () => (await runs()).length === 2);
  await second.restart();
  const all = await runs();
  expect(all).toHaveLength(2);
  expect(all[0]).toMatchObject({ from: "2026-06-03T17:00:00.000Z", to: "2026-06-05T17:00:00.000Z" });
});
