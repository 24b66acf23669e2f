import { execFile } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REWARD_SERVICE_TOKEN, type TestGateway } from "../support/gateway.ts";
import { post, purchase, startRewards } from "../support/rewards/rewards.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startRewards();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const linkMembers = async (input: object[]) =>
  (
    await gateway.service.ok<{ linkMembers: { linked: number; awardsReleased: number; rejected: object[] } }>(
      `mutation ($input: [LinkMemberInput!]!) { linkMembers(input: $input) {
        linked awardsReleased unknownCustomerIds rejected { row code reason } userErrors { code message } } }`,
      { input },
    )
  ).linkMembers;
const customersOf = async (prefix: string) =>
  (
    await gateway.sql<{ id: string; name: string }>(
      `select customer_id as id, i.kind || ' ' || case i.kind when 'NIK' then '…' else i.value end as name
       from reward_members m join member_identities i on i.member_id = m.id where customer_id like $1 order by 1, 2`,
      [`${prefix}%`],
    )
  ).map(({ id, name }) => `${id}: ${name}`);

test("a list is linked row by row, and failed rows are reported", async () => {
  await post(gateway, purchase(2001, 10_000, "I-1"));
  const rows = [
    { customerId: "l-1", userId: "2001" },
    { customerId: "l-2", userId: "2001", memberId: "2002" },
    { customerId: "l-3" },
    { customerId: "l-4", userId: "x", memberId: "2004" },
    { customerId: "l-5", memberId: "2005", nik: "3171234509870005" },
  ];
  const report = {
    linked: 2,
    awardsReleased: 1,
    unknownCustomerIds: ["l-1", "l-5"],
    rejected: [
      { row: 2, code: "MEMBER_CONFLICT", reason: "Another customer already has one of these ids." },
      { row: 3, code: "INVALID_INPUT", reason: "Name the customer, and at least one id of the customer." },
      { row: 4, code: "INVALID_INPUT", reason: "userId: is no such id" },
    ],
  };
  expect(await linkMembers(rows)).toMatchObject(report);
  expect(await linkMembers(rows)).toMatchObject({ ...report, awardsReleased: 0 });
  expect(await customersOf("l-")).toEqual(["l-1: USER_ID 2001", "l-5: MEMBER_ID 2005", "l-5: NIK …"]);
});

test("a list that is too long is refused as a whole", async () => {
  const input = Array.from({ length: 501 }, (_, n) => ({ customerId: `long-${n}`, userId: String(9000 + n) }));
  const { data } = await gateway.service.send<{ linkMembers: { linked: number; userErrors: object[] } }>(
    "mutation ($input: [LinkMemberInput!]!) { linkMembers(input: $input) { linked userErrors { code message } } }",
    { input },
  );
  const message = "At most 500 at a time; found 501.";
  expect(data?.linkMembers).toEqual({ linked: 0, userErrors: [{ code: "INVALID_INPUT", message }] });
  expect(await customersOf("long-")).toEqual([]);
});

describe("a file", () => {
  const imported = (csv: string, { token = REWARD_SERVICE_TOKEN, url = gateway.url } = {}) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const env = { ...process.env, REWARD_SERVICE_TOKEN: token };
      const child = execFile(process.execPath, ["scripts/import-members.ts", "-", url], { env }, (error, out, err) =>
        resolve({ code: error ? Number(error.code) : 0, out: out.trim(), err: err.trim() }),
      );
      child.stdin?.end(csv);
    });

  test("is linked, however long, and its bad lines are reported by their numbers", async () => {
    const good = Array.from({ length: 150 }, (_, n) => `f-${n},${3000 + n},`);
    const lines = ["\uFEFFcustomerId,userId,memberId", "f-x,3x,", "", '"f-y",,"4000"', ...good, "f-z,3000,", ""];
    const csv = lines.join("\r\n");
    const result = { code: 1, out: expect.stringMatching(/^151 linked, 2 not; 0 awards had waited for it\.$/m) };
    expect(await imported(csv)).toEqual({
      ...result,
      err: "line 2: INVALID_INPUT: userId: is no such id\nline 155: MEMBER_CONFLICT: Another customer already has one of these ids.",
    });
    expect((await customersOf("f-")).length).toBe(151);
    expect(await imported(csv)).toMatchObject(result);
  });

  test("lists the customer ids that have never signed in, with their lines", async () => {
    const { customerId } = await gateway.customer();
    const csv = `customerId,userId\nmistyped,6001\n${customerId},6002\nmistyped,6003\n,6004\n`;
    const { out } = await imported(csv);
    expect(out).toMatch(/never signed in to this gateway.*: 2\..*\n {2}line 2: mistyped\n {2}line 4: mistyped$/);
    expect((await imported(`customerId,userId\n${customerId},6002\n`)).out).not.toContain("never signed in");
    const many = Array.from({ length: 22 }, (_, n) => `many-${n},${7000 + n}`);
    expect((await imported(["customerId,userId", ...many].join("\n"))).out).toMatch(
      /line 21: many-19\n {2}and 2 more$/,
    );
  });

  test.each([
    ["an unknown column", "customerId,phone\n", "Unknown column phone; there are customerId, memberId, userId, nik."],
    ["no ids", "customerId\nc\n", "The first line must name the columns: customerId, and memberId, userId or nik."],
    [
      "an open quote",
      'customerId,nik\nc,"3171',
      "This is not CSV: line 2 has a quotation mark that is not closed (CSV_QUOTE_NOT_CLOSED).",
    ],
    [
      "a short line",
      "customerId,nik\nc\n",
      "This is not CSV: line 2 has more or fewer values than there are columns (CSV_RECORD_INCONSISTENT_COLUMNS).",
    ],
  ])("with %s is rejected", async (_, csv, err) => {
    expect(await imported(csv)).toEqual({ code: 2, out: "", err });
  });

  test("needs a valid token and a reachable gateway", async () => {
    const csv = "customerId,userId\nstranger,5000\n";
    expect(await imported(csv, { token: "x".repeat(40) })).toMatchObject({
      code: 2,
      err: expect.stringContaining("answered: "),
    });
    expect(await imported(csv, { url: "http://127.0.0.1:9" })).toMatchObject({
      code: 2,
      err: expect.stringContaining("No gateway answers"),
    });
    expect(await customersOf("stranger")).toEqual([]);
  });
});
