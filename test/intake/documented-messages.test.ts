import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServiceAnswer } from "../../src/messages/answer.ts";
import { type RewardAction, rewardActions } from "../../src/messages/message.ts";
import { OPERATOR_TOKEN, type TestGateway } from "../support/gateway.ts";
import { documented, earned } from "../support/rewards/documented.ts";
import { awardsIn, given, post, startRewards } from "../support/rewards/rewards.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startRewards();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const awardsFor = async (action: RewardAction) =>
  (await awardsIn(gateway)).filter((award) => award.action === action).toSorted((a, b) => (a.role < b.role ? -1 : 0));

describe.each(rewardActions)("the documented message of %s", (action) => {
  test("earns the programme's points once: sent once, twenty times at once, and again", async () => {
    const first = await post(gateway, documented[action]);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ code: 200, message: "Success" });
    expect(first.body.data.TicketId).toMatch(
      action === "registerreferral" ? /^12370001$/ : new RegExp(`^Reward:${action}:[0-9a-f-]{36}$`),
    );
    const twins = await Promise.all(Array.from({ length: 20 }, () => post(gateway, documented[action])));
    for (const twin of twins) expect(twin).toEqual(first);
    expect(given(await awardsFor(action))).toEqual(earned[action]);
    expect((await awardsFor(action)).every((award) => award.customer_id === null)).toBe(true);
  });
});

test("twenty at once, as the first messages of a new member, make one message, one member and one award", async () => {
  const message = documented.register.replace("461", "990461");
  const answers = await Promise.all(Array.from({ length: 20 }, () => post(gateway, message)));
  expect(new Set(answers.map(({ body }) => body.data.TicketId)).size).toBe(1);
  const [count] = await gateway.sql(`
    select (select count(*)::int from member_identities where value = '990461') as members,
           (select count(*)::int from reward_awards a join member_identities i on i.member_id = a.member_id where i.value = '990461') as awards`);
  expect(count).toEqual({ members: 1, awards: 1 });
});

test("a product that earns no points does not keep the other line from earning", async () => {
  const message = documented.transactionreferral
    .replaceAll("462", "8001")
    .replace('"product_id": 10', '"product_id": 11');
  await post(gateway, message);
  const decisions = await gateway.sql(`
    select d.line, d.outcome, d.reason from reward_decisions d join reward_messages m on m.id = d.message_id
    where m.payload like '%8001%' order by d.line`);
  expect(decisions).toEqual([
    { line: 1, outcome: "SKIP", reason: "PRODUCT_NOT_LISTED" },
    { line: 2, outcome: "AWARD", reason: null },
  ]);
});

test("a list is answered item by item, in its order, also where one is refused", async () => {
  const good = JSON.parse(documented.register.replace("461", "7001"));
  const bad = { ...good, Data: { ...good.Data, command: "nonsense" } };
  const { status, body } = await post<ServiceAnswer[]>(gateway, [good, bad, good]);
  expect(status).toBe(200);
  expect(body.map(({ code }) => code)).toEqual([200, 422, 200]);
  expect(body[0]?.data.TicketId).toBe(body[2]?.data.TicketId);
  expect(body[1]?.data.problems?.map(({ code }) => code)).toEqual(["ACTION_UNKNOWN"]);
});

test("a list of more than a hundred is refused as a whole", async () => {
  const { status, body } = await post(
    gateway,
    Array.from({ length: 101 }, () => ({})),
  );
  expect(status).toBe(413);
  expect(body.data.problems?.[0]?.code).toBe("TOO_MANY_MESSAGES");
});

test("a body that is no message is refused with the matching status", async () => {
  expect(await post(gateway, "{")).toMatchObject({ status: 400, body: { code: 400, data: { TicketId: null } } });
  expect(await post(gateway, documented.register.replace("2022-02-25", "2022-02-30"))).toMatchObject({ status: 422 });
});

test("a ticket has one content only", async () => {
  const other = documented.registerreferral.replace("463", "464");
  await post(gateway, documented.registerreferral);
  expect(await post(gateway, other)).toMatchObject({
    status: 409,
    body: { data: { TicketId: "12370001", problems: [{ code: "TICKET_REUSED" }] } },
  });
});

test("only services and operators may send", async () => {
  const customer = await gateway.customer();
  const statusFor = async (token: string | undefined) => (await post(gateway, documented.register, token)).status;
  expect(await statusFor("")).toBe(401);
  expect(await statusFor("a token of nobody's")).toBe(401);
  expect(await statusFor(customer.token)).toBe(403);
  expect(await statusFor(OPERATOR_TOKEN)).toBe(200);
});

test("the same through GraphQL returns the points of each line and the reason", async () => {
  const { processReward } = await gateway.service.ok<{
    processReward: { ticketId: string; replayed: boolean; outcomes: unknown[] };
  }>(
    `mutation ($input: ProcessRewardInput!) { processReward(input: $input) {
      ticketId replayed outcomes { line awarded reason explanation awards { action name role unit quantity state waitsForLink } }
      userErrors { message } } }`,
    { input: { payload: documented.transactionreferral } },
  );
  expect(processReward.replayed).toBe(true);
  expect(processReward.outcomes).toEqual([
    {
      line: 1,
      awarded: true,
      reason: null,
      explanation: ['Rule "A friend buys", version 1.', "Product 10: 50 points.", "50 points awarded."],
      awards: [
        {
          action: "TRANSACTION_REFERRAL",
          name: "A friend buys",
          role: "SHARER",
          unit: "POINTS",
          quantity: 50,
          state: "PENDING",
          waitsForLink: true,
        },
      ],
    },
    expect.objectContaining({ line: 2, awarded: true }),
  ]);
});
