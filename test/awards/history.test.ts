import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { holderOf } from "../../src/draws/holder.ts";
import { sampleDraw } from "../../src/draws/sample-draw.ts";
import { type Db, openDb } from "../../src/platform/db.ts";
import type { Explanation } from "../../src/rules/explanation.ts";
import { sampleProgramme } from "../../src/rules/sample-programme.ts";
import { DAY, HOUR, makeTestClock } from "../support/clock.ts";
import { type Customer, startTestGateway, type TestGateway } from "../support/gateway.ts";
import type { Caller } from "../support/graphql.ts";
import { idleInBackground, queriesOf } from "../support/sql-spy.ts";

const clock = makeTestClock("2026-06-03T10:00:00.000Z"); // 17:00 in Jakarta
let gateway: TestGateway;
let db: Db;
beforeAll(async () => {
  gateway = await startTestGateway({}, { ...idleInBackground, clock });
  db = openDb(gateway.databaseUrl, 3);
  await db.rewardRule.createMany({
    data: sampleProgramme.map(({ id, version, definition }) => ({
      ruleId: id,
      version,
      action: definition.action,
      definition,
      createdBy: "test",
      createdAt: clock.now(),
    })),
  });
});
afterAll(async () => {
  await db.$disconnect();
  await gateway[Symbol.asyncDispose]();
});

let customer: Customer;
let memberId: string;
beforeEach(async () => {
  customer = await gateway.customer();
  memberId = await newMember(customer.customerId);
});

async function newMember(customerId: string | null): Promise<string> {
  return (await db.rewardMember.create({ data: { customerId, createdAt: clock.now() } })).id;
}
async function newMessage(action: string): Promise<string> {
  const ticketId = randomUUID();
  const given = { ticketGiven: true, digest: ticketId, source: "REDIS" as const, actor: "redis", payload: "{}" };
  const { id } = await db.rewardMessage.create({
    data: { ticketId, ...given, action, normalisations: [], answer: {}, receivedAt: clock.now() },
  });
  return id;
}

interface NewAward {
  explanation?: Partial<Explanation>;
  role?: "MEMBER" | "SHARER" | "RECEIVER";
  unit?: "POINTS" | "TICKETS";
  quantity?: number;
  createdAt?: Date;
  whose?: { memberId: string; customerId: string | null };
  /** Whether it was won in a draw. */
  isPrize?: boolean;
}
const welcome: Explanation = {
  rule: { id: "welcome-bonus", version: 1, name: "Welcome bonus", campaign: "welcome" },
  unit: "POINTS",
  facts: {
    action: "register",
    at: "2026-06-03T09:00:00Z",
    localDate: "2026-06-03",
    memberSince: null,
    memberId: "20011",
  },
  steps: [{ step: "fixed", side: "MEMBER", result: 500 }],
  awards: [{ side: "MEMBER", quantity: 500, cutBy: [] }],
  skip: null,
};
async function award({ whose = { memberId, customerId: customer.customerId }, ...given }: NewAward = {}) {
  const explanation: Explanation = { ...welcome, ...given.explanation };
  const { unit = "POINTS", role = "MEMBER", createdAt = clock.now() } = given;
  const decision = await db.rewardDecision.create({
    data: {
      messageId: await newMessage(explanation.facts.action),
      line: 1,
      ruleId: explanation.rule.id,
      ruleVersion: 1,
      outcome: "AWARD",
      explanation: JSON.parse(JSON.stringify(explanation)),
      at: createdAt,
    },
  });
  return db.rewardAward.create({
    data: {
      effectKey: `${given.isPrize ? "draw" : explanation.facts.action}/${randomUUID()}`,
      decisionId: decision.id,
      ...whose,
      role,
      unit,
      quantity: given.quantity ?? 500,
      drawId: unit === "TICKETS" ? "sample-draw" : null,
      availableAt: createdAt,
      createdAt,
    },
  });
}

interface Entry {
  id: string;
  quantity: number;
  explanation: string[];
}
const history = async (caller: Caller, args = "") =>
  (
    await caller.ok<{
      me: {
        rewardHistory: { totalCount: number; nodes: Entry[]; pageInfo: { endCursor: string; hasNextPage: boolean } };
      };
    }>(`{ me { rewardHistory${args} { totalCount pageInfo { endCursor hasNextPage }
      nodes { id unit quantity state action campaign rule explanation drawId earnedAt availableAt expiresAt settledAt } } } }`)
  ).me.rewardHistory;

describe("the reward history", () => {
  test("shows each award with its state and the explanation of its points", async () => {
    const { id } = await award();
    expect((await history(customer)).nodes).toEqual([
      {
        id: Buffer.from(`RewardAward:${id}`).toString("base64url"),
        unit: "POINTS",
        quantity: 500,
        state: "PENDING",
        action: "register",
        campaign: "welcome",
        rule: "Welcome bonus",
        explanation: ['Rule "Welcome bonus", version 1.', "A fixed bonus of 500 points.", "500 points awarded."],
        drawId: null,
        earnedAt: clock.now().toISOString(),
        availableAt: clock.now().toISOString(),
        expiresAt: null,
        settledAt: null,
      },
    ]);
  });

  test("is paged, newest first, and pages join without a gap also where times are equal", async () => {
    for (let n = 1; n <= 5; n += 1)
      await award({ quantity: n, createdAt: new Date(clock.now().getTime() + (n > 3 ? 1 : 0)) });
    const all = await history(customer);
    expect(all.totalCount).toBe(5);
    const paged: string[] = [];
    for (let after = "", more = true; more; ) {
      const page = await history(customer, `(first: 2${after && `, after: "${after}"`})`);
      paged.push(...page.nodes.map(({ id }) => id));
      after = page.pageInfo.endCursor;
      more = page.pageInfo.hasNextPage;
    }
    expect(paged).toEqual(all.nodes.map(({ id }) => id));
    const last = await history(customer, "(last: 3)");
    expect(last.nodes).toEqual(all.nodes.slice(2));
    const middle = await history(customer, `(last: 2, before: "${last.pageInfo.endCursor}")`);
    expect(middle.nodes).toEqual(all.nodes.slice(2, 4));
    expect(new Set(paged).size).toBe(5);
    expect(
      all.nodes
        .slice(0, 2)
        .map(({ quantity }) => quantity)
        .toSorted(),
    ).toEqual([4, 5]);
  });

  test("of a referral shows each side only its own part, and no ids", async () => {
    const stranger = await gateway.customer();
    const pair: Partial<Explanation> = {
      rule: { id: "bring-a-friend", version: 1, name: "Bring a friend", campaign: "friends" },
      facts: {
        ...welcome.facts,
        action: "registerreferral",
        sharerId: "20011",
        receiverId: "20012",
        subjectId: "20011",
      },
      steps: [
        { step: "ladder", side: "SHARER", referralsSoFar: 2, referral: 3, from: 1, result: 200 },
        {
          step: "cap",
          side: "SHARER",
          cap: "MEMBER_DAY",
          limit: 1_000,
          used: 900,
          left: 100,
          before: 200,
          result: 100,
        },
        { step: "fixed", side: "RECEIVER", result: 77 },
      ],
      awards: [
        { side: "SHARER", quantity: 100, cutBy: ["MEMBER_DAY"] },
        { side: "RECEIVER", quantity: 77, cutBy: [] },
      ],
    };
    await award({ explanation: pair, role: "SHARER", quantity: 100 });
    const whose = { memberId: await newMember(stranger.customerId), customerId: stranger.customerId };
    await award({ explanation: pair, role: "RECEIVER", quantity: 77, whose });

    const [sharers] = (await history(customer)).nodes;
    expect(sharers?.explanation).toEqual([
      'Rule "Bring a friend", version 1.',
      "Referral number 3, by the step from 1: 200 points.",
      "The cap per member and day is 1000, 900 used: 200 cut to 100.",
      "100 points awarded.",
    ]);
    const [newcomers] = (await history(stranger)).nodes;
    expect(newcomers?.explanation).toEqual([
      'Rule "Bring a friend", version 1.',
      "Newcomer: a fixed bonus of 77 points.",
      "Newcomer: 77 points awarded.",
    ]);
    expect(JSON.stringify([sharers, newcomers])).not.toMatch(/2001[12]/);
  });

  test("sums up the points in the wallet and the pending points, by source", async () => {
    const totals = async () =>
      (
        await customer.ok<{ me: { rewardTotals: object[] } }>(
          "{ me { rewardTotals { action role unit awards credited onTheWay } } }",
        )
      ).me.rewardTotals;
    expect(await totals()).toEqual([]);
    const brought = { facts: { ...welcome.facts, action: "registerreferral" as const } };
    await award({ explanation: brought, role: "SHARER", quantity: 200 });
    const lapsed = await award({ explanation: brought, role: "SHARER", quantity: 300 });
    await db.rewardAward.update({ where: { id: lapsed.id }, data: { state: "LAPSED", settledAt: clock.now() } });
    await award({ quantity: 500 });
    await award({ isPrize: true, quantity: 50 });
    await award({ unit: "TICKETS", quantity: 3 });
    expect(await totals()).toEqual(
      expect.arrayContaining([
        { action: "registerreferral", role: "SHARER", unit: "POINTS", awards: 2, credited: 0, onTheWay: 200 },
        { action: "register", role: "MEMBER", unit: "POINTS", awards: 2, credited: 0, onTheWay: 550 },
        { action: "register", role: "MEMBER", unit: "TICKETS", awards: 1, credited: 0, onTheWay: 3 },
      ]),
    );
  });

  test("shows no award of another customer, nor of an unlinked member", async () => {
    await award({ whose: { memberId: await newMember(null), customerId: null } });
    const other = await gateway.customer();
    await award({ whose: { memberId: await newMember(other.customerId), customerId: other.customerId } });
    expect(await history(customer)).toMatchObject({ totalCount: 0, nodes: [] });
  });

  test.each(["(first: 0)", "(first: 101)", '(after: "x")'])("rejects the arguments %s", async (args) => {
    const { errors } = await customer.send(`{ me { rewardHistory${args} { totalCount } } }`);
    expect(errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
  });
});

const checkInFields =
  "checkIn { streak longest today cycleDay cycle nextReward { date cycleDay points } nextCheckInAt }";
interface Standing {
  streak: number;
  today: boolean;
  nextReward: { date: string; cycleDay: number; points: number } | null;
  nextCheckInAt: string;
}
/** Sent by an operator, whose token outlives any change of the clock. */
const standing = async () => {
  const id = Buffer.from(`Customer:${customer.customerId}`).toString("base64url");
  const { node } = await gateway.operator.ok<{ node: { checkIn: Standing } }>(
    `query ($id: ID!) { node(id: $id) { ... on Customer { ${checkInFields} } } }`,
    { id },
  );
  return node.checkIn;
};
async function checkedIn(...dates: string[]) {
  const messageId = await newMessage("dailycheckin");
  await db.checkIn.createMany({
    data: dates.map((date) => ({
      memberId,
      date: new Date(date.replace(" late", "")),
      late: date.endsWith("late"),
      at: clock.now(),
      messageId,
    })),
  });
}

describe("the check-in", () => {
  test("of a member who never checked in is open at once", async () => {
    expect(await standing()).toEqual({
      streak: 0,
      longest: 0,
      today: false,
      cycleDay: 0,
      cycle: [5, 5, 10, 10, 15, 15, 30],
      nextReward: { date: "2026-06-09", cycleDay: 7, points: 80 }, // with the bonus for seven days in a row
      nextCheckInAt: "2026-06-02T17:00:00.000Z",
    });
  });

  test("counts consecutive days in the programme's time zone, without those reported too late", async () => {
    await checkedIn(
      "2026-05-20 late",
      "2026-05-21",
      "2026-05-22",
      "2026-05-23",
      "2026-05-24",
      "2026-06-01",
      "2026-06-02",
      "2026-06-03",
    );
    expect(await standing()).toMatchObject({
      streak: 3,
      longest: 4,
      today: true,
      cycleDay: 3,
      nextReward: { date: "2026-06-07", cycleDay: 7, points: 80 },
      nextCheckInAt: "2026-06-03T17:00:00.000Z",
    });
  });

  test("opens again at midnight in that zone, and the streak is broken a day later", async () => {
    await checkedIn("2026-06-02", "2026-06-03");
    clock.advance(8 * HOUR); // 01:00 of the 4th in Jakarta, still the 3rd in UTC
    expect(await standing()).toMatchObject({ streak: 2, today: false, nextCheckInAt: "2026-06-03T17:00:00.000Z" });
    clock.advance(DAY);
    expect(await standing()).toMatchObject({ streak: 0, longest: 2, today: false });
    clock.advance(-DAY - 8 * HOUR);
  });

  test("starts a new cycle after a whole one, and has no bonus where none is configured", async () => {
    await checkedIn(...Array.from({ length: 7 }, (_, day) => `2026-05-${28 + day}`).map(toRealDate));
    expect(await standing()).toMatchObject({
      streak: 7,
      cycleDay: 7,
      nextReward: { date: "2026-06-10", cycleDay: 7, points: 30 },
    });
  });
});
const toRealDate = (date: string) => {
  const day = Number(date.slice(-2));
  return day > 31 ? `2026-06-0${day - 31}` : date;
};

describe("the tickets of a lucky draw", () => {
  const secret = "5e".repeat(32);
  const fields =
    "number draw { id name openingHash closedAt prizes { id left } } issuedAt prizeId prizeName won points hash holder holderId secret";
  beforeAll(async () => {
    const now = clock.now();
    await db.drawCampaign.create({
      data: {
        id: "sample-draw",
        campaign: JSON.parse(JSON.stringify(sampleDraw("c".repeat(64)))),
        seed: new Uint8Array(1),
        openingHash: "0".repeat(64),
        lastHash: "0".repeat(64),
        given: {},
        openedAt: now,
      },
    });
  });
  async function ticket(number: number, prize: string, whose?: NewAward["whose"]) {
    const { id: awardId } = await award({ unit: "TICKETS", quantity: 1, ...(whose && { whose }) });
    const holderId = whose?.memberId ?? memberId;
    await db.drawTicket.create({
      data: {
        drawId: "sample-draw",
        number,
        awardId,
        memberId: holderId,
        holder: holderOf(holderId, secret),
        holderId,
        ticketSecret: secret,
        issuedAt: clock.now(),
        roll: 1,
        hit: prize,
        prize,
        hash: String(number).padStart(64, "0"),
      },
    });
  }

  test("show the holder the result and the facts to verify it, newest first", async () => {
    await ticket(1, "points-50");
    await ticket(2, "no-luck");
    await ticket(3, "headphones");
    const { me } = await customer.ok<{
      me: { tickets: { totalCount: number; nodes: { holder: string; holderId: string; secret: string }[] } };
    }>(`{ me { tickets { totalCount nodes { ${fields} } } } }`);
    expect(me.tickets.totalCount).toBe(3);
    const draw = { id: "sample-draw", name: "The sandbox's lucky draw", openingHash: "0".repeat(64), closedAt: null };
    expect(me.tickets.nodes).toMatchObject([
      { number: 3, draw, prizeName: "Wireless headphones", won: true, points: null },
      { number: 2, draw, prizeName: "Better luck next time", won: false, points: null },
      { number: 1, draw, prizeId: "points-50", won: true, points: 50, hash: "1".padStart(64, "0") },
    ]);
    const [newest] = me.tickets.nodes;
    expect(holderOf(newest?.holderId ?? "", newest?.secret ?? "")).toBe(newest?.holder);

    const { me: paged } = await customer.ok<{ me: { tickets: { nodes: unknown[]; pageInfo: { endCursor: string } } } }>(
      "{ me { tickets(first: 2) { nodes { number } pageInfo { endCursor } } } }",
    );
    const { me: rest } = await customer.ok<{ me: { tickets: unknown } }>(
      `{ me { tickets(first: 2, after: "${paged.tickets.pageInfo.endCursor}") { nodes { number } pageInfo { hasNextPage } } } }`,
    );
    expect(rest.tickets).toEqual({ nodes: [{ number: 1 }], pageInfo: { hasNextPage: false } });
    const { me: back } = await customer.ok<{ me: { tickets: unknown } }>(
      `{ me { tickets(last: 5, before: "${paged.tickets.pageInfo.endCursor}") { nodes { number } pageInfo { hasNextPage } } } }`,
    );
    expect(back.tickets).toEqual({ nodes: [{ number: 3 }], pageInfo: { hasNextPage: true } });
  });

  test("of another customer are not visible, and an operator sees no secret", async () => {
    const other = await gateway.customer();
    await ticket(11, "points-50", { memberId: await newMember(other.customerId), customerId: other.customerId });
    await ticket(12, "points-50");
    const numbers = "{ me { id tickets { nodes { number } } } }";
    const { me } = await customer.ok<{ me: { id: string; tickets: unknown } }>(numbers);
    expect(me.tickets).toEqual({ nodes: [{ number: 12 }] });

    const asked = `query ($id: ID!) { node(id: $id) { ... on Customer { tickets { nodes { number secret holderId } } rewardHistory { totalCount } } } }`;
    expect(await gateway.operator.ok(asked, { id: me.id })).toEqual({
      node: { tickets: { nodes: [{ number: 12, secret: null, holderId: null }] }, rewardHistory: { totalCount: 1 } },
    });
    expect(await other.ok(asked, { id: me.id })).toEqual({ node: null });
  });
});

test("of many customers are read in one query, not one by one", async () => {
  const ids: string[] = [];
  for (let n = 0; n < 4; n += 1) {
    const each = await gateway.customer();
    await award({ whose: { memberId: await newMember(each.customerId), customerId: each.customerId } });
    ids.push((await each.ok<{ me: { id: string } }>("{ me { id } }")).me.id);
  }
  const tables = /reward_awards|check_ins|draw_tickets/;
  const ask = (some: string[]) =>
    queriesOf(
      () =>
        gateway.operator.ok(
          `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Customer { ${checkInFields}
            rewardHistory(first: 3) { totalCount nodes { id } } tickets(first: 3) { totalCount nodes { number } } } } }`,
          { ids: some },
        ),
      tables,
    );
  // The lists end on their first page, so they need no statement for the count.
  expect(await ask(ids)).toHaveLength(3);
  expect(await ask(ids.slice(0, 1))).toHaveLength(3);
});
