import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestGateway } from "../support/gateway.ts";
import { documented } from "../support/rewards/documented.ts";
import { NIK } from "../support/rewards/envelopes.ts";
import { awardsIn, given, link, post, startRewards } from "../support/rewards/rewards.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startRewards();
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Quarantined {
  id: string;
  payload: string;
  ticketId: string | null;
  times: number;
  redrivenBy: string | null;
  problems: { code: string; path: string }[];
}
const list = async (openOnly = true): Promise<Quarantined[]> => {
  const { quarantinedRewards } = await gateway.operator.ok<{ quarantinedRewards: { nodes: Quarantined[] } }>(
    `query ($openOnly: Boolean) { quarantinedRewards(first: 100, openOnly: $openOnly) {
      nodes { id payload ticketId times redrivenBy problems { code path } } } }`,
    { openOnly },
  );
  return quarantinedRewards.nodes;
};
const redrive = (input: { id: string; payload?: string }) =>
  gateway.operator.send<{
    redriveReward: {
      replayed: boolean;
      problems: { code: string }[];
      outcomes: { reason: string | null }[];
      userErrors: { code: string }[];
    };
  }>(
    `mutation ($input: RedriveRewardInput!) { redriveReward(input: $input) {
      replayed problems { code } outcomes { reason } userErrors { code } } }`,
    { input },
  );
const awardsOfUser = async (id: string) => {
  const [member] = await gateway.sql<{ member_id: string }>(
    "select member_id from member_identities where kind = 'USER_ID' and value = $1",
    [id],
  );
  return given((await awardsIn(gateway)).filter((award) => award.member_id === member?.member_id));
};

test("a refused message waits, once however often it arrives, without its national id", async () => {
  const message = documented.register.replace("321231990", NIK).replace("461", "5001").replace("02-25", "02-30");
  for (let times = 0; times < 3; times++) expect((await post(gateway, message)).status).toBe(422);
  const [row, ...others] = (await list()).filter(({ payload }) => payload.includes("5001"));
  expect(others).toEqual([]);
  expect(row).toMatchObject({ times: 3, problems: [{ code: "DATE_IMPOSSIBLE", path: "Data.transaction[0].date" }] });
  expect(row?.payload).toContain("[nik removed]");
  expect(row?.payload).not.toContain(NIK);
});

test("a corrected and resent message earns once; a good copy from the producer earns no more points", async () => {
  const good = documented.transactionpromo.replace("16659", "5002");
  await post(gateway, good.replace("06-08", "06-31"));
  const row = (await list()).find(({ payload }) => payload.includes("5002"));
  const again = { id: row?.id ?? "", payload: row?.payload.replace("06-31", "06-08") ?? "" };

  const [first, second] = await Promise.all([redrive(again), redrive(again)]);
  expect([first.data?.redriveReward.replayed, second.data?.redriveReward.replayed].toSorted()).toEqual([false, true]);
  expect((await post(gateway, good)).body.code).toBe(200);
  expect(
    (await post(gateway, good.replace('"Subject": "reward",', '"Subject": "reward", "TicketId": "other",'))).body.code,
  ).toBe(200);
  expect(await awardsOfUser("5002")).toEqual(["1 MEMBER 68 POINTS PENDING"]);
  expect((await list()).some(({ payload }) => payload.includes("5002"))).toBe(false);
  expect((await list(false)).find(({ id }) => id === row?.id)).toMatchObject({ redrivenBy: "operator" });
});

test("a message that is still invalid is refused with the reason, and stays in quarantine", async () => {
  await post(gateway, documented.register.replace("461", "5003").replace("02-25", "02-30"));
  const row = (await list()).find(({ payload }) => payload.includes("5003"));
  const answer = await redrive({ id: row?.id ?? "" });
  expect(answer.data?.redriveReward).toMatchObject({
    problems: [{ code: "DATE_IMPOSSIBLE" }],
    userErrors: [{ code: "MESSAGE_REFUSED" }],
  });
  expect((await list()).some(({ id }) => id === row?.id)).toBe(true);
});

test("a member known by the national id alone is still found when the message is resent", async () => {
  const nik = "3171234509870099";
  const message = documented.dailycheckin.replace("321231990", nik);
  await post(gateway, message);
  await post(gateway, message.replace("2024-06-11", "2024-06-32"));
  const row = (await list()).find(({ payload }) => payload.includes("2024-06-32"));
  await redrive({ id: row?.id ?? "", payload: row?.payload.replace("06-32", "06-10") ?? "" });
  await link(gateway, { customerId: "by-nik", nik });
  const days = await gateway.sql(
    "select c.date::text from check_ins c join reward_members m on m.id = c.member_id where m.customer_id = 'by-nik' order by 1",
  );
  expect(days).toEqual([{ date: "2024-06-10" }, { date: "2024-06-11" }]);
});

test("ids of different customers are refused and quarantined; the operator decides", async () => {
  await link(gateway, { customerId: "one", userId: "5101" });
  await link(gateway, { customerId: "two", memberId: "5102" });
  const message = {
    Action: "register",
    Data: { id: 5101, MemberId: 5102, command: "register", transaction: [{ date: "2024-02-08T11:22:06" }] },
  };
  expect(await post(gateway, message)).toMatchObject({
    status: 409,
    body: { data: { problems: [{ code: "MEMBER_CONFLICT" }] } },
  });
  expect(await awardsOfUser("5101")).toEqual([]);
});

test("an unknown id has no message to resend", async () => {
  expect((await redrive({ id: "bm9wZQ" })).data?.redriveReward.userErrors).toEqual([
    { code: "QUARANTINED_REWARD_NOT_FOUND" },
  ]);
});
