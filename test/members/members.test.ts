import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readAudienceName } from "../../src/rules/audience-name.ts";
import type { TestGateway } from "../support/gateway.ts";
import type { Caller } from "../support/graphql.ts";
import { awardsIn, given, link, post, purchase, sampleRule, startRewards } from "../support/rewards/rewards.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startRewards();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const awardsOf = async (customerId: string) =>
  (await awardsIn(gateway)).filter((award) => award.customer_id === customerId);
const registration = (ids: object) => ({
  Action: "register",
  Data: { ...ids, command: "register", transaction: [{ date: "2024-02-08T11:22:06" }] },
});
const referral = (sharer: number, receiver: number) => ({
  Action: "registerreferral",
  Data: {
    "id-user-share": sharer,
    "id-user-receive": receiver,
    command: "registerreferral",
    transaction: [{ date: "2024-02-08T11:22:06" }],
  },
});
const counter = async (pattern: string) => {
  const [row] = await gateway.sql<{ sum: number }>(
    "select coalesce(sum(value), 0)::int as sum from reward_counters where key like $1",
    [pattern],
  );
  return row?.sum;
};
const feedOf = (customerId: string) =>
  gateway.sql<{ seq: number; type: string; data: { quantity?: number } }>(
    "select seq, type, data from member_events where customer_id = $1 order by seq",
    [customerId],
  );

test("awards that waited for a customer are theirs after the link, and the customer is notified", async () => {
  await post(gateway, registration({ id: 1001 }));
  await post(gateway, purchase(1001, 50_000, "L-1"));
  expect(await awardsOf("c-1001")).toEqual([]);

  expect((await link(gateway, { customerId: "c-1001", userId: "01001" })).linkMember.awardsReleased).toBe(2);
  expect((await link(gateway, { customerId: "c-1001", userId: "1001" })).linkMember.awardsReleased).toBe(0);
  expect(given(await awardsOf("c-1001"))).toEqual(["1 MEMBER 500 POINTS PENDING", "1 MEMBER 500 POINTS PENDING"]);
  expect((await feedOf("c-1001")).map(({ seq, type, data }) => [seq, type, data.quantity])).toEqual([
    [1, "AWARD_MADE", 500],
    [2, "AWARD_MADE", 500],
  ]);

  await post(gateway, purchase(1001, 10_000, "L-2"));
  expect((await awardsOf("c-1001")).length).toBe(3);
  expect((await feedOf("c-1001")).map(({ seq }) => seq)).toEqual([1, 2, 3]);
});

test("two ids of one customer become one member: awards of both are kept once, and counted once", async () => {
  await post(gateway, registration({ id: 1101 }));
  await post(gateway, registration({ MemberId: 1102 }));
  await post(gateway, purchase(1101, 10_000, "M-1"));
  await link(gateway, { customerId: "c-1101", userId: "1101" });
  await link(gateway, { customerId: "c-1101", memberId: "1102" });

  expect(given(await awardsOf("c-1101")).toSorted()).toEqual([
    "1 MEMBER 100 POINTS PENDING",
    "1 MEMBER 500 POINTS CANCELLED",
    "1 MEMBER 500 POINTS PENDING",
  ]);
  const [member] = await awardsOf("c-1101");
  expect(await counter(`total/welcome-bonus/${member?.member_id}`)).toBe(500);
  await post(gateway, { ...registration({ MemberId: 1102 }), TicketId: "again" });
  await post(gateway, purchase(1101, 10_000, "M-1"));
  expect((await awardsOf("c-1101")).length).toBe(3);
});

test("check-ins of both ids are one set of days", async () => {
  const checkIn = (ids: object, date: string) => ({
    Action: "dailycheckin",
    Data: { ...ids, command: "dailycheckin", date },
  });
  await post(gateway, checkIn({ id: 1201 }, "2024-02-08 10:00:00"));
  await post(gateway, checkIn({ MemberId: 1202 }, "2024-02-08 11:00:00"));
  await post(gateway, checkIn({ MemberId: 1202 }, "2024-02-09 11:00:00"));
  await link(gateway, { customerId: "c-1201", userId: "1201", memberId: "1202" });
  const days = await gateway.sql(
    "select date::text from check_ins c join reward_members m on m.id = c.member_id where customer_id = 'c-1201' order by 1",
  );
  expect(days).toEqual([{ date: "2024-02-08" }, { date: "2024-02-09" }]);
  expect((await awardsOf("c-1201")).filter(({ state }) => state === "PENDING").length).toBe(2);
});

test("a member who turns out to have referred themselves earns nothing for it", async () => {
  await post(gateway, referral(1301, 1302));
  await link(gateway, { customerId: "c-1301", userId: "1301" });
  await link(gateway, { customerId: "c-1301", userId: "1302" });
  expect(given(await awardsOf("c-1301"))).toEqual(["1 SHARER 200 POINTS CANCELLED", "1 RECEIVER 100 POINTS CANCELLED"]);
  expect(
    await gateway.sql(
      "select * from referrals r join reward_members m on m.id = r.receiver_id where customer_id = 'c-1301'",
    ),
  ).toEqual([]);
});

test("a sharer whose newcomer turns out to have been referred before is notified of the cancelled award", async () => {
  await link(gateway, { customerId: "c-1351", userId: "1351" });
  await link(gateway, { customerId: "c-1352", userId: "1352" });
  await post(gateway, referral(1351, 1353));
  await post(gateway, referral(1352, 1354));
  await link(gateway, { customerId: "c-1353", userId: "1353" });
  await link(gateway, { customerId: "c-1353", userId: "1354" });
  expect(given(await awardsOf("c-1351"))).toEqual(["1 SHARER 200 POINTS PENDING"]);
  expect(given(await awardsOf("c-1352"))).toEqual(["1 SHARER 200 POINTS CANCELLED"]);
  expect((await feedOf("c-1352")).map(({ type }) => type)).toEqual(["AWARD_MADE", "AWARD_REFUSED"]);
  expect((await awardsOf("c-1353")).map(({ state }) => state).toSorted()).toEqual(["CANCELLED", "PENDING"]);
});

test("a customer's id identifies the member, also among several ids", async () => {
  await link(gateway, { customerId: "c-1381", memberId: "1382" });
  await post(gateway, registration({ id: 1381, MemberId: 1382 }));
  expect(given(await awardsOf("c-1381"))).toEqual(["1 MEMBER 500 POINTS PENDING"]);
});

test("an id of another customer stays theirs, and the other ids are not linked", async () => {
  await link(gateway, { customerId: "c-1401", userId: "1401" });
  const answer = await gateway.service.send(
    "mutation ($input: LinkMemberInput!) { linkMember(input: $input) { awardsReleased userErrors { code } } }",
    { input: { customerId: "c-1402", userId: "1401", memberId: "1403" } },
  );
  expect(answer.data).toEqual({ linkMember: { awardsReleased: 0, userErrors: [{ code: "MEMBER_CONFLICT" }] } });
  expect(await gateway.sql("select * from member_identities where value = '1403'")).toEqual([]);
  expect(await gateway.sql("select * from reward_members where customer_id = 'c-1402'")).toEqual([]);
});

test.each([
  ["no id", {}],
  ["an id that is none", { userId: "x1" }],
  ["a national id in another's place", { memberId: "3171234509870001" }],
])("%s is refused", async (_, ids) => {
  const { data } = await gateway.service.send<{ linkMember: { userErrors: { code: string }[] } }>(
    "mutation ($input: LinkMemberInput!) { linkMember(input: $input) { userErrors { code } } }",
    { input: { customerId: "c-1", ...ids } },
  );
  expect(data?.linkMember.userErrors).toEqual([{ code: "INVALID_INPUT" }]);
});

test("concurrent messages and links lose no award and make none twice", async () => {
  const messages = Array.from({ length: 30 }, (_, number) => purchase(1501 + (number % 2), 10_000, `R-${number}`));
  await Promise.all([
    ...messages.map((message) => post(gateway, message)),
    link(gateway, { customerId: "c-1501", userId: "1501" }),
    link(gateway, { customerId: "c-1501", userId: "1502" }),
  ]);
  const awards = await awardsOf("c-1501");
  expect(awards.length).toBe(30);
  const [member] = awards;
  expect(await counter(`total/points-for-purchases/${member?.member_id}`)).toBe(3_000);
  const seqs = (await feedOf("c-1501")).map(({ seq }) => seq);
  expect(seqs).toEqual(Array.from({ length: 30 }, (_, place) => place + 1));
});

test("second, self and reversed referrals are refused, also when all arrive at once", async () => {
  await Promise.all([
    post(gateway, referral(1601, 1602)),
    post(gateway, referral(1602, 1601)),
    post(gateway, referral(1603, 1602)),
    post(gateway, referral(1601, 1601)),
  ]);
  const links = await gateway.sql<{ sharer: string; receiver: string }>(`
    select s.value as sharer, i.value as receiver from referrals r
    join member_identities s on s.member_id = r.sharer_id join member_identities i on i.member_id = r.receiver_id
    where i.value like '160_'`);
  expect(links.filter(({ receiver }) => receiver === "1602").length).toBeLessThan(2);
  expect(links.some(({ sharer, receiver }) => sharer === receiver)).toBe(false);
  const pairs = links.map(({ sharer, receiver }) => `${sharer}>${receiver}`);
  expect(pairs.includes("1601>1602") && pairs.includes("1602>1601")).toBe(false);
  const paid = (await awardsIn(gateway)).filter(
    ({ effect_key, state }) => effect_key.startsWith("registerreferral") && state === "PENDING",
  );
  const receivers = paid.filter(({ role }) => role === "RECEIVER").map(({ member_id }) => member_id);
  expect(new Set(receivers).size).toBe(receivers.length);
});

describe("a customer id", () => {
  const invalid = ["", " ", "CUST 777", "CUST\u200b777", "CUST777\u00ad", "ＣＵＳＴ", "a".repeat(65), "x/y", "क"];

  test("is read without surrounding white space, so a link is one link", async () => {
    await post(gateway, registration({ id: 1701 }));
    expect((await link(gateway, { customerId: "CUST1701 ", userId: "1701" })).linkMember.awardsReleased).toBe(1);
    await link(gateway, { customerId: "\ufeffCUST1701\n", userId: "1701" });
    expect(await gateway.sql("select customer_id from reward_members where customer_id like '%CUST1701%'")).toEqual([
      { customer_id: "CUST1701" },
    ]);
  });

  test.each(invalid)("that is %j is refused by every API", async (customerId) => {
    const codes = async (caller: Caller, query: string, variables: Record<string, unknown>) => {
      const { data } = await caller.send<{ it: { userErrors: { code: string; field: string[] | null }[] } }>(
        query.replaceAll("REFUSALS", "userErrors { code field }"),
        variables,
      );
      return data?.it.userErrors.map(({ code }) => code);
    };
    const { anonymous, service, operator } = gateway;
    const input = { customerId };
    expect(
      await codes(anonymous, "mutation ($input: RequestOtpInput!) { it: requestOtp(input: $input) { REFUSALS } }", {
        input,
      }),
    ).toEqual(["INVALID_INPUT"]);
    expect(
      await codes(service, "mutation ($input: LinkMemberInput!) { it: linkMember(input: $input) { REFUSALS } }", {
        input: { ...input, userId: "1" },
      }),
    ).toEqual(["INVALID_INPUT"]);
    const { data } = await service.send<{ linkMembers: { rejected: { code: string }[] } }>(
      "mutation ($input: [LinkMemberInput!]!) { linkMembers(input: $input) { rejected { code } } }",
      { input: [{ ...input, userId: "1" }] },
    );
    expect(data?.linkMembers.rejected).toEqual([{ code: "INVALID_INPUT" }]);
    expect(
      await codes(operator, "mutation ($input: MoveMemberInput!) { it: moveMember(input: $input) { REFUSALS } }", {
        input: { customerId: "c", toCustomerId: customerId, note: "n" },
      }),
    ).toEqual(["INVALID_INPUT"]);
    const audience = { kind: "members", memberIds: [`customer:${customerId}`] };
    expect(
      await codes(
        operator,
        "mutation ($input: RewardRuleInput!) { it: createRewardRule(input: $input) { REFUSALS } }",
        {
          input: { ruleId: "for-one", definition: JSON.stringify(sampleRule("register", { audience })) },
        },
      ),
    ).toEqual(["INVALID_INPUT"]);
    expect(() => gateway.sandbox.client.addCustomer({ customer_id: customerId, balance: 0 })).toThrow();
  });

  test("in an audience is compared as it is stored", async () => {
    expect(readAudienceName(" customer: CUST1 ")).toEqual({ name: "customer:CUST1" });
    expect(readAudienceName("user:007")).toEqual({ name: "user:7" });
    expect(readAudienceName("member:")).toEqual({ problem: expect.any(String) });
    expect(readAudienceName("CUST1")).toEqual({ problem: expect.any(String) });
  });
});

describe("a member linked to the wrong customer", () => {
  const move = async (input: Record<string, unknown>) => {
    const { data } = await gateway.operator.send<{
      moveMember: { awardsMoved: number; awardsKept: number; userErrors: { code: string }[] };
    }>(
      "mutation ($input: MoveMemberInput!) { moveMember(input: $input) { awardsMoved awardsKept userErrors { code } } }",
      { input: { note: "a typing error", ...input } },
    );
    return data?.moveMember;
  };
  const auditOf = (subject: string) =>
    gateway.sql<{ action: string; details: Record<string, unknown> }>(
      "select action, details from audit_log where subject = $1 and action in ('member.move', 'award.move') order by id",
      [subject],
    );

  test("moves with its awards to the right customer; both are notified, and the move is recorded", async () => {
    await post(gateway, registration({ id: 1801 }));
    await link(gateway, { customerId: "c-1801-wrong", userId: "1801" });
    expect(await move({ customerId: "c-1801-wrong", toCustomerId: " c-1801 " })).toEqual({
      awardsMoved: 1,
      awardsKept: 0,
      userErrors: [],
    });
    expect(given(await awardsOf("c-1801"))).toEqual(["1 MEMBER 500 POINTS PENDING"]);
    expect(await awardsOf("c-1801-wrong")).toEqual([]);
    expect((await feedOf("c-1801")).map(({ type }) => type)).toEqual(["AWARD_MADE"]);
    expect((await feedOf("c-1801-wrong")).map(({ type }) => type)).toEqual(["AWARD_MADE", "AWARD_REFUSED"]);
    await post(gateway, purchase(1801, 10_000, "W-1"));
    expect((await awardsOf("c-1801")).length).toBe(2);
    expect(await auditOf("c-1801-wrong")).toMatchObject([
      { action: "member.move", details: { to: "c-1801", awardsMoved: 1, note: "a typing error" } },
    ]);
  });

  test("moves also from an id that could not be linked any more", async () => {
    await post(gateway, registration({ id: 1811 }));
    await link(gateway, { customerId: "c-1811", userId: "1811" });
    await gateway.sql("update reward_members set customer_id = 'c-1811 ' where customer_id = 'c-1811'");
    expect((await move({ customerId: "c-1811 ", toCustomerId: "c-1811" }))?.userErrors).toEqual([]);
    expect(await move({ customerId: "c-1811 ", toCustomerId: "c-1811" })).toMatchObject({
      userErrors: [{ code: "MEMBER_NOT_FOUND" }],
    });
  });

  test("is merged with the right customer's member, and makes no award twice", async () => {
    await post(gateway, registration({ id: 1821 }));
    await post(gateway, registration({ id: 1822 }));
    await link(gateway, { customerId: "c-1821", userId: "1821" });
    await link(gateway, { customerId: "c-1822-wrong", userId: "1822" });
    await move({ customerId: "c-1822-wrong", toCustomerId: "c-1821" });
    expect(given(await awardsOf("c-1821")).toSorted()).toEqual([
      "1 MEMBER 500 POINTS CANCELLED",
      "1 MEMBER 500 POINTS PENDING",
    ]);
    expect((await feedOf("c-1821")).map(({ type }) => type)).toEqual(["AWARD_MADE"]);
  });

  test("waits again when it is only unlinked, and can be linked", async () => {
    await post(gateway, registration({ id: 1831 }));
    await link(gateway, { customerId: "c-1831-wrong", userId: "1831" });
    expect((await move({ customerId: "c-1831-wrong" }))?.awardsMoved).toBe(1);
    expect((await link(gateway, { customerId: "c-1831", userId: "1831" })).linkMember.awardsReleased).toBe(1);
    expect(given(await awardsOf("c-1831"))).toEqual(["1 MEMBER 500 POINTS PENDING"]);
  });

  test("may be one id of several: the others stay", async () => {
    await link(gateway, { customerId: "c-1841", userId: "1841", memberId: "1842" });
    expect(await move({ customerId: "c-1841", toCustomerId: "c-1843", memberId: "1842" })).toMatchObject({
      userErrors: [],
    });
    expect(await move({ customerId: "c-1841", toCustomerId: "c-1843", memberId: "1842" })).toMatchObject({
      userErrors: [{ code: "MEMBER_NOT_FOUND" }],
    });
    await post(gateway, registration({ MemberId: 1842 }));
    expect((await awardsOf("c-1843")).length).toBe(1);
    await post(gateway, registration({ id: 1841 }));
    expect((await awardsOf("c-1841")).length).toBe(1);
  });

  test("leaves awards that were sent or credited where they are, and counts them", async () => {
    await post(gateway, registration({ id: 1851 }));
    await link(gateway, { customerId: "c-1851-wrong", userId: "1851" });
    await gateway.sql(
      `update reward_awards set state = 'UNCERTAIN', sent_at = now(), ledger = 'CLIENT', credit_reference = 'AWARD-1851'
       where customer_id = 'c-1851-wrong'`,
    );
    expect(await move({ customerId: "c-1851-wrong", toCustomerId: "c-1851" })).toMatchObject({
      awardsMoved: 0,
      awardsKept: 1,
    });
    await expect(
      gateway.sql("update reward_awards set customer_id = 'c-1851' where customer_id = 'c-1851-wrong'"),
    ).rejects.toThrow("cannot be rewritten");
  });
});

test("a list is checked without linking any member, and a contradiction to an earlier entry is reported", async () => {
  const [known, free] = ["880011", "880012"];
  await link(gateway, { customerId: "CUST-KNOWN", userId: known });
  const input = [
    { customerId: "CUST-NEW", userId: free },
    { customerId: "CUST-OTHER", userId: free },
    { customerId: "CUST-OTHER", userId: known },
    { customerId: "CUST-NEW", userId: free, memberId: "7700" },
  ];
  const { linkMembers } = await gateway.operator.ok<{
    linkMembers: { linked: number; unknownCustomerIds: string[]; rejected: { row: number; code: string }[] };
  }>(
    `mutation ($input: [LinkMemberInput!]!) { linkMembers(input: $input, dryRun: true) {
      linked unknownCustomerIds rejected { row code } } }`,
    { input },
  );
  expect(linkMembers).toEqual({
    linked: 2,
    unknownCustomerIds: ["CUST-NEW"],
    rejected: [
      { row: 2, code: "MEMBER_CONFLICT" },
      { row: 3, code: "MEMBER_CONFLICT" },
    ],
  });
  expect(await gateway.sql("select from member_identities where value = any($1)", [[free, "7700"]])).toEqual([]);
  expect(await gateway.sql("select from reward_members where customer_id = 'CUST-NEW'")).toEqual([]);
});
