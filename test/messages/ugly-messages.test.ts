import { describe, expect, test } from "vitest";
import type { RewardMessage } from "../../src/messages/message.ts";
import { isRefusedMessage, parseMessage } from "../../src/messages/parse-message.ts";
import { JAKARTA, NIK } from "../support/rewards/envelopes.ts";

const DATE = "2024-02-08T11:22:06";
const AT = new Date("2024-02-08T04:22:06Z");

/** A message with these fields in its `Data`, and these in its envelope. */
const promo = (data: object, around: object = {}) =>
  JSON.stringify({
    ...around,
    Data: { id: 7, command: "transactionpromo", transaction: [{ date: DATE, amount: 5 }], ...data },
  });
const lineOf = (line: object) => promo({ transaction: [line] });
const dated = (date: unknown) => lineOf({ date, amount: 5 });
const paid = (amount: unknown) => lineOf({ date: DATE, amount });
/** A message with a number in exactly this notation. */
const paidExactly = (amount: string) =>
  `{"Data":{"id":7,"command":"transactionpromo","transaction":[{"date":"${DATE}","amount":${amount}}]}}`;
const acts = (command: unknown, data: object = {}, around: object = {}) =>
  JSON.stringify({
    ...around,
    Data: {
      id: 7,
      "id-user-share": 1,
      "id-user-receive": 2,
      command,
      transaction: [{ date: DATE, amount: 5, product_id: 9 }],
      ...data,
    },
  });
const referral = (data: object, around: object = {}) =>
  JSON.stringify({
    ...around,
    Data: { command: "registerreferral", "id-user-share": 1, "id-user-receive": 2, date: DATE, ...data },
  });
const checkIn = (data: object, around: object = {}) =>
  JSON.stringify({
    Resource: "nik",
    ResourceId: NIK,
    Action: "dailycheckin",
    Data: { date: DATE, ...data },
    ...around,
  });
const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

const member = (ids: Partial<RewardMessage["member"]>) => ({ member: expect.objectContaining(ids) });
const at = (iso: string, more: object = {}) => ({
  lines: [expect.objectContaining({ at: new Date(iso), ...more })],
});
const worth = (amount: number | null) => ({ lines: [expect.objectContaining({ amount })] });

const accepted: [title: string, raw: string, meant: object, rule?: string][] = [
  // keys
  ["a key in capitals", promo({ id: undefined, ID: 8 }), member({ userId: "8" }), "key-spelling"],
  ["a key with spaces", promo({ id: undefined, " i d ": 8 }), member({ userId: "8" }), "key-spelling"],
  ["idUserShare", referral({ "id-user-share": undefined, idUserShare: 3 }), { sharerId: "3" }, "key-spelling"],
  ["id_user_share", referral({ "id-user-share": undefined, id_user_share: 3 }), { sharerId: "3" }],
  ["userIdShare", referral({ "id-user-share": undefined, userIdShare: 3 }), { sharerId: "3" }, "key-spelling"],
  ["ID-USER_receive", referral({ "id-user-receive": undefined, "ID-USER_receive": 3 }), { receiverId: "3" }],
  [
    "the same key twice, alike",
    `{"Data":{"id":7,"id":7,"command":"register","date":"${DATE}"}}`,
    member({ userId: "7" }),
  ],
  ["two spellings that agree", promo({ ID: "7" }), member({ userId: "7" }), "repeated-key"],
  ["two spellings of which one is empty", promo({ ID: "" }), member({ userId: "7" }), "repeated-key"],
  ["envelope keys in snake case", checkIn({}, { ticket_id: "T-1" }), { ticketId: "T-1" }, "key-spelling"],
  // actions
  ["refferal", acts("registerrefferal"), { action: "registerreferral" }, "action-alias"],
  ["transactionrefferal", acts("transactionrefferal"), { action: "transactionreferral" }],
  ["Register Referral", acts("Register Referral"), { action: "registerreferral" }],
  ["register promo", acts("register_promo"), { action: "register" }],
  ["daily-check-in", acts("daily-check-in"), { action: "dailycheckin" }],
  ["DAILY_CHECK_IN", acts("DAILY_CHECK_IN"), { action: "dailycheckin" }],
  ["lucky_draw", acts("lucky_draw"), { action: "luckydraw" }],
  ["Transaction Lucky Draw", acts("Transaction Lucky Draw"), { action: "luckydraw" }],
  ["processLuckyDraw", acts("processLuckyDraw"), { action: "luckydraw" }],
  ["register-task", acts("register-task"), { action: "register" }],
  ["reward:transactionpromo", acts("reward:transactionpromo"), { action: "transactionpromo" }],
  ["the action only in Action", acts(null, {}, { Action: "luckydraw" }), { action: "luckydraw" }],
  ["the action only in SubjectIdentifier", acts("", {}, { SubjectIdentifier: "register" }), { action: "register" }],
  [
    "the same action three times",
    acts("Daily Check-in", {}, { Action: "dailycheckin", SubjectIdentifier: "daily_checkin" }),
    { action: "dailycheckin" },
  ],
  ["Action: process", acts("register", {}, { Action: "process", SubjectIdentifier: "task" }), { action: "register" }],
  // identity
  ["an id as text", promo({ id: "00461" }), member({ userId: "461" }), "leading-zeros"],
  [
    "an id with a decimal point",
    promo({}).replace('"id":7', '"id":7.0'),
    member({ userId: "7" }),
    "decimal-as-integer",
  ],
  [
    "an id of 64 bits",
    promo({}).replace('"id":7', '"id":9223372036854775807'),
    member({ userId: "9223372036854775807" }),
  ],
  ["an id with spaces around", promo({ id: " 461 " }), member({ userId: "461" })],
  [
    "the member only in the envelope",
    promo({ id: null }, { UserId: 660, MemberId: "571" }),
    member({ userId: "660", memberId: "571" }),
  ],
  [
    "an id of 0 and another id",
    promo({ id: 0 }, { MemberId: 5 }),
    member({ userId: null, memberId: "5" }),
    "zero-as-absent",
  ],
  ["another user in the envelope", promo({}, { UserId: 660 }), member({ userId: "7" }), "data-over-envelope"],
  ["a national id in Data", checkIn({ nik: NIK }, { Resource: "", ResourceId: "" }), member({ nik: NIK })],
  [
    "a national id with separators",
    checkIn({}, { ResourceId: "317123 450987 0001" }),
    member({ nik: NIK }),
    "separators-removed",
  ],
  ["a national id as a number", checkIn({}).replace(`"${NIK}"`, NIK), member({ nik: NIK })],
  ["Resource: NIK", checkIn({}, { Resource: "NIK" }), member({ nik: NIK })],
  [
    "a receiver known by their national id",
    referral({ "id-user-receive": "" }, { Resource: "nik", ResourceId: NIK }),
    { receiverId: null, ...member({ nik: NIK }) },
  ],
  [
    "a ResourceId of something else",
    promo({}, { Resource: "store", ResourceId: "55" }),
    member({ nik: null }),
    "not-used",
  ],
  // lines
  ["one line without its list", promo({ transaction: { date: DATE, amount: 6 } }), worth(6), "object-for-list"],
  ["transactions", promo({ transaction: undefined, transactions: [{ date: DATE, amount: 6 }] }), worth(6)],
  [
    "data in Data",
    promo({ transaction: undefined, data: [{ trxDate: DATE, trxAmount: 6 }] }),
    worth(6),
    "key-spelling",
  ],
  ["no lines but a date", promo({ transaction: [], date: DATE, amount: 6 }), worth(6), "line-from-data"],
  ["lines as text", promo({ transaction: JSON.stringify([{ date: DATE, amount: 6 }]) }), worth(6), "json-in-text"],
  [
    "Data as text",
    JSON.stringify({ Data: JSON.stringify({ id: 7, command: "register", date: DATE }) }),
    { action: "register" },
    "json-in-text",
  ],
  ["the message as text in a text", JSON.stringify(promo({})), { action: "transactionpromo" }, "json-in-text"],
  [
    "Data as a list of one",
    JSON.stringify({ Data: [{ id: 7, command: "register", date: DATE }] }),
    { action: "register" },
    "list-for-object",
  ],
  [
    "Data as a list of lines",
    JSON.stringify({
      Action: "luckydraw",
      UserId: 7,
      Data: [
        { trxDate: DATE, trxAmount: 1 },
        { trxDate: DATE, trxAmount: 2 },
      ],
    }),
    { lines: [expect.objectContaining({ amount: 1 }), expect.objectContaining({ amount: 2 })] },
    "list-for-object",
  ],
  [
    "people in the lines",
    JSON.stringify({
      Action: "transactionrefferal",
      Data: {
        data: [
          { userIdShare: 3, userIdReceive: 4, productId: 9, trxDate: DATE },
          { userIdShare: "3", productId: 10, trxDate: DATE },
        ],
      },
    }),
    { sharerId: "3", receiverId: "4" },
    "moved-from-line",
  ],
  [
    "a line whose date stands beside it",
    promo({ date: DATE, transaction: [{ amount: 6 }] }),
    { ...worth(6), ...at(AT.toISOString()) },
    "line-filled-from-data",
  ],
  ["an unused second date", promo({ date: "2024-01-01 00:00:00" }), at(AT.toISOString()), "not-used"],
  [
    "one transaction of several lines",
    promo({
      trxId: "T",
      transaction: [
        { date: DATE, amount: 1 },
        { date: DATE, amount: 2 },
      ],
    }),
    { lines: [expect.objectContaining({ reference: "T" }), expect.objectContaining({ reference: "T" })] },
  ],
  [
    "refference",
    lineOf({ date: DATE, amount: 5, refference: "R-1" }),
    { lines: [expect.objectContaining({ reference: "R-1" })] },
    "key-spelling",
  ],
  [
    "trxId beside a reference",
    lineOf({ date: DATE, amount: 5, trxId: "T-1", reference: "R-1" }),
    { lines: [expect.objectContaining({ reference: "T-1" })] },
    "not-used",
  ],
  [
    "a reference in digits",
    lineOf({ date: DATE, amount: 5, trxId: 12_345 }),
    { lines: [expect.objectContaining({ reference: "12345" })] },
  ],
  // amounts
  ["an amount as text", paid("6843"), worth(6843), "text-as-integer"],
  ["an amount with .00", paid("6843.00"), worth(6843), "decimal-as-integer"],
  ["an amount of 0", paid(0), worth(0)],
  ["the largest amount", paid(Number.MAX_SAFE_INTEGER), worth(Number.MAX_SAFE_INTEGER)],
  ["an amount written 6843.0", paidExactly("6843.0"), worth(6843), "decimal-as-integer"],
  // dates
  ["a date with a space", dated("2024-02-08 11:22:06"), at("2024-02-08T04:22:06Z", { hadZone: false }), "zone-assumed"],
  ["a date with dashes in its time", dated("2024-04-28 10-30-00"), at("2024-04-28T03:30:00Z"), "date-spelling"],
  ["a date with dots in its time", dated("2024-04-28 10.30.00"), at("2024-04-28T03:30:00Z"), "date-spelling"],
  ["a date with slashes", dated("2024/04/28 10:30:00"), at("2024-04-28T03:30:00Z"), "date-spelling"],
  ["a date without seconds", dated("2024-04-28 10:30"), at("2024-04-28T03:30:00Z"), "date-spelling"],
  [
    "a date in UTC",
    dated("2024-02-08T20:22:06Z"),
    at("2024-02-08T20:22:06Z", { hadZone: true, localDate: "2024-02-09" }),
  ],
  ["a date with an offset", dated("2024-02-08T11:22:06+07:00"), at("2024-02-08T04:22:06Z", { hadZone: true })],
  ["an offset without a colon", dated("2024-02-08 11:22:06 -0330"), at("2024-02-08T14:52:06Z")],
  ["an offset of hours", dated("2024-02-08T11:22:06+07"), at("2024-02-08T04:22:06Z")],
  ["a date with milliseconds", dated("2024-02-08T11:22:06.789123"), at("2024-02-08T04:22:06.789Z")],
  ["29 February", dated("2024-02-29 00:00:00"), at("2024-02-28T17:00:00Z", { localDate: "2024-02-29" })],
  ["seconds since 1970", dated(1_707_366_126), at("2024-02-08T04:22:06Z", { hadZone: true }), "epoch-seconds"],
  ["milliseconds since 1970", dated("1707366126000"), at("2024-02-08T04:22:06Z"), "epoch-milliseconds"],
  ["a clock four minutes ahead", dated("2026-11-22T09:04:00Z"), at("2026-11-22T09:04:00Z")],
  [
    "a day alone, of a check-in",
    checkIn({ date: "2024-06-11" }),
    at("2024-06-10T17:00:00Z", { localDate: "2024-06-11" }),
    "day-only",
  ],
  [
    "an envelope sent on no day",
    promo({}, { Date: "2024-02-30 00:00:00" }),
    { sentAt: null },
    "unreadable-date-dropped",
  ],
  // other fields
  ["TicketId: null in words", promo({}, { TicketId: "null" }), { ticketId: null }, "absent-word"],
  ["a TicketId as a number", promo({}, { TicketId: 12_370_001 }), { ticketId: "12370001" }],
  [
    "keys nobody knows",
    promo({ shop: { n: 1 } }, { StatusCode: 200 }),
    { unknown: { StatusCode: 200, "Data.shop": { n: 1 } } },
  ],
  [
    "a long number nobody knows",
    promo({}).replace('"id":7', '"id":7,"big":12345678901234567890'),
    { unknown: { "Data.big": "12345678901234567890" } },
  ],
  ["a byte order mark", `\uFEFF${promo({})}`, { action: "transactionpromo" }],
  [
    "white space everywhere",
    promo({})
      .replaceAll(/([:,{}[\]])/g, (sign, _, place) => (place > 0 && sign !== ":" ? ` \n${sign}\t` : sign))
      .replaceAll(" \n:", ":"),
    { action: "transactionpromo" },
  ],
  ["NUL in an unknown field", promo({ note: "a\0b" }), { unknown: { "Data.note": "a\uFFFDb" } }],
  ["eight levels", promo({ deep: JSON.parse(nested(6)) }), { action: "transactionpromo" }],
];

const refused: [title: string, raw: string | Uint8Array, codes: string | string[], path?: string][] = [
  // not a message at all
  ["nothing", "", "NOT_JSON"],
  ["half a message", promo({}).slice(0, -5), "NOT_JSON"],
  ["words", "register 461", "NOT_JSON"],
  ["a number", "461", "NOT_AN_OBJECT"],
  ["null", "null", "NOT_AN_OBJECT"],
  ["a list", `[${promo({})}]`, "NOT_AN_OBJECT"],
  ["bytes that are no text", Uint8Array.from([0x7b, 0xff, 0x7d]), "NOT_UTF8"],
  ["64 KiB and one", promo({ pad: "x".repeat(65_536) }), "TOO_LARGE"],
  ["many short characters of many bytes", promo({ pad: "字".repeat(22_000) }), "TOO_LARGE"],
  ["nine levels", promo({ deep: JSON.parse(nested(7)) }), "TOO_DEEP"],
  ["thousands of levels", nested(30_000), "TOO_DEEP"],
  // keys
  [
    "__proto__",
    '{"__proto__":{"admin":true},"Data":{"id":1,"command":"register","date":"2024-02-08 11:22:06"}}',
    "FORBIDDEN_KEY",
    "__proto__",
  ],
  ["constructor, far within", promo({ a: { b: { constructor: 1 } } }), "FORBIDDEN_KEY", "Data.a.b.constructor"],
  [
    "__proto__ in a text",
    JSON.stringify({ Action: "register", UserId: 1, Data: `{"date":"${DATE}","a":{"__proto__":1}}` }),
    "FORBIDDEN_KEY",
    "Data.a.__proto__",
  ],
  [
    "the same key twice, unlike",
    `{"Data":{"id":7,"id":8,"command":"register","date":"${DATE}"}}`,
    "CONFLICTING_KEYS",
    "Data.id",
  ],
  ["two spellings that disagree", referral({ id_user_share: 9 }), "CONFLICTING_KEYS", "Data.id_user_share"],
  ["two names that disagree", promo({ userId: 8 }), "CONFLICTING_KEYS", "Data.userId"],
  ["two contradictory spellings of an unknown key", promo({ "a-b": 1, aB: 2 }), "CONFLICTING_KEYS", "Data.aB"],
  // actions
  ["no action", acts(undefined), "ACTION_MISSING"],
  ["only process and task", acts("process", {}, { Action: "task" }), "ACTION_MISSING"],
  ["a misspelling that no document shows", acts("transaction-referal"), "ACTION_UNKNOWN", "Data.command"],
  ["an action's short name", acts("checkin"), "ACTION_UNKNOWN", "Data.command"],
  ["referral alone", acts("referral"), "ACTION_UNKNOWN", "Data.command"],
  ["an action of another service", acts("redeem"), "ACTION_UNKNOWN"],
  ["toString", acts("toString"), "ACTION_UNKNOWN"],
  ["a list of actions", acts(["register"]), "ACTION_UNKNOWN"],
  ["another action in Action", acts("register", {}, { Action: "luckydraw" }), "ACTION_CONFLICT"],
  [
    "another action in SubjectIdentifier",
    acts("transactionpromo", {}, { SubjectIdentifier: "transactionrefferal" }),
    "ACTION_CONFLICT",
  ],
  ["an unknown Action beside a known command", acts("register", {}, { Action: "delete" }), "ACTION_UNKNOWN", "Action"],
  // identity
  ["no member", promo({ id: null }), "MEMBER_MISSING", "Data.id"],
  ["user 0", promo({ id: 0 }), "MEMBER_MISSING", "Data.id"],
  ["a client and no member", promo({ id: "", ClientId: "app" }), "MEMBER_MISSING"],
  ["a check-in without a member", checkIn({}, { ResourceId: "" }), "MEMBER_MISSING"],
  [
    "a ResourceId that is no national id, and nobody else",
    promo({ id: "" }, { Resource: "store", ResourceId: "55" }),
    "MEMBER_MISSING",
  ],
  ["no sharer", referral({ "id-user-share": "none" }), "SHARER_MISSING", "Data.id-user-share"],
  ["no receiver", referral({ "id-user-receive": null }), "RECEIVER_MISSING", "Data.id-user-receive"],
  ["an id in letters", promo({ id: "abc" }), "ID_INVALID", "Data.id"],
  ["an id below zero", promo({ id: -1 }), "ID_INVALID"],
  ["half an id", promo({ id: 7.5 }), "ID_INVALID"],
  ["an id in scientific notation", promo({}).replace('"id":7', '"id":7e2'), "ID_INVALID"],
  ["true as an id", promo({ id: true }), "ID_INVALID"],
  ["an object as an id", promo({ id: { n: 7 } }), "ID_INVALID"],
  ["an id of 30 digits", promo({ id: "9".repeat(30) }), "ID_INVALID"],
  ["a national id in letters", checkIn({}, { ResourceId: "A1234567" }), "NIK_INVALID", "ResourceId"],
  ["two national ids", checkIn({ nik: "3171234509870002" }), "NIK_CONFLICT", "Data.nik"],
  ["a national id as the member", promo({ id: NIK }), "NIK_MISPLACED", "Data.id"],
  ["the national id as the reference", checkIn({ reference: `TRX-${NIK}` }), "NIK_MISPLACED", "Data.reference"],
  [
    "a national id that would pass for milliseconds as the date",
    checkIn({ transaction: [{ date: "1186632219956" }] }, { ResourceId: "1186632219956" }),
    "NIK_MISPLACED",
    "Data.transaction[0].date",
  ],
  [
    "the national id as the amount",
    promo({ nik: NIK, transaction: [{ date: "2024-02-08 11:22:06", amount: NIK }] }),
    "NIK_MISPLACED",
    "Data.transaction[0].amount",
  ],
  [
    "a message that was kept without its national id",
    checkIn({}, { ResourceId: "[nik removed]" }),
    "NIK_REMOVED",
    "ResourceId",
  ],
  // lines
  ["no Data", JSON.stringify({ Action: "register", UserId: 7 }), "DATA_MISSING", "Data"],
  ["Data in words", JSON.stringify({ Action: "register", UserId: 7, Data: "soon" }), "DATA_INVALID", "Data"],
  ["lines in words", promo({ transaction: "two" }), "LINES_INVALID", "Data.transaction"],
  ["a line that is a date", promo({ transaction: [DATE] }), "LINES_INVALID", "Data.transaction[0]"],
  [
    "lines about different people",
    JSON.stringify({
      Action: "transactionreferral",
      Data: {
        data: [
          { userIdShare: 3, productId: 9, date: DATE },
          { userIdShare: 4, productId: 9, date: DATE },
        ],
      },
    }),
    ["LINES_DISAGREE", "RECEIVER_MISSING"],
  ],
  [
    "101 lines",
    promo({ transaction: Array.from({ length: 101 }, () => ({ date: DATE, amount: 1 })) }),
    "TOO_MANY_LINES",
  ],
  [
    "no product",
    acts("transactionreferral", { transaction: [{ date: DATE }] }),
    "PRODUCT_MISSING",
    "Data.transaction[0].product_id",
  ],
  [
    "one amount for two lines",
    promo({ amount: 5, transaction: [{ date: DATE }, { date: DATE, amount: 1 }] }),
    "AMOUNT_MISSING",
    "Data.transaction[0].amount",
  ],
  ["a reference of 200 characters", lineOf({ date: DATE, amount: 5, trxId: "x".repeat(200) }), "TEXT_INVALID"],
  ["a reference with a line break", lineOf({ date: DATE, amount: 5, trxId: "a\nb" }), "TEXT_INVALID"],
  ["a TicketId that is an object", promo({}, { TicketId: { id: 1 } }), "TEXT_INVALID", "TicketId"],
  // amounts
  ["no amount", lineOf({ date: DATE }), "AMOUNT_MISSING", "Data.transaction[0].amount"],
  ["a negative amount", paid(-5), "AMOUNT_INVALID"],
  ["half a unit", paid(6843.5), "AMOUNT_INVALID"],
  ["six or six thousand", paid("6.000"), "AMOUNT_INVALID"],
  ["six or six thousand, with a comma", paid("6,000"), "AMOUNT_INVALID"],
  ["an amount in money", paid("Rp 6843"), "AMOUNT_INVALID"],
  ["an amount in scientific notation", paid("6e3"), "AMOUNT_INVALID"],
  ["almost a whole amount", paidExactly("6843.00000000000000001"), "AMOUNT_INVALID"],
  ["more than is exact", paidExactly("9007199254740993"), "AMOUNT_TOO_LARGE"],
  // dates
  ["no date", lineOf({ amount: 5 }), "DATE_MISSING", "Data.transaction[0].date"],
  ["an empty date", dated(""), "DATE_MISSING"],
  ["a check-in without a date", checkIn({ date: "", note: 1 }), "DATE_MISSING", "Data.date"],
  ["30 February", dated("2024-02-30 10:00:00"), "DATE_IMPOSSIBLE"],
  ["29 February of another year", dated("2023-02-29 10:00:00"), "DATE_IMPOSSIBLE"],
  ["month 13", dated("2024-13-01 10:00:00"), "DATE_IMPOSSIBLE"],
  ["25 o'clock", dated("2024-01-01 25:00:00"), "DATE_IMPOSSIBLE"],
  ["second 60", dated("2024-01-01 10:00:60"), "DATE_IMPOSSIBLE"],
  ["the zero of a database", dated("0000-00-00 00:00:00"), "DATE_IMPOSSIBLE"],
  ["the zero of a language", dated("0001-01-01T00:00:00Z"), "DATE_IMPOSSIBLE"],
  ["an offset of 25 hours", dated("2024-01-01T10:00:00+25:00"), "DATE_IMPOSSIBLE"],
  ["tomorrow", dated("2026-11-23 09:00:00"), "DATE_IN_FUTURE"],
  ["six minutes from now", dated("2026-11-22T09:06:00Z"), "DATE_IN_FUTURE"],
  ["a day alone, of a transaction", dated("2024-06-11"), "DATE_INVALID"],
  ["day first or month first", dated("02/08/2024 10:00:00"), "DATE_INVALID"],
  ["digits in a row", dated("20240208112206"), "DATE_INVALID"],
  ["soon", dated("soon"), "DATE_INVALID"],
  ["a zone by its name", dated("2024-02-08 11:22:06 Asia/Jakarta"), "DATE_INVALID"],
  // several defects at once
  [
    "several faults",
    JSON.stringify({ Data: { command: "luckydraw", id: "x", transaction: [{ date: "soon", amount: "y" }] } }),
    ["ID_INVALID", "DATE_INVALID", "AMOUNT_INVALID"],
  ],
];

describe("a message with", () => {
  test.each(accepted)("%s is understood", (_, raw, meant, rule) => {
    const result = parseMessage(raw, JAKARTA);
    if (isRefusedMessage(result)) throw new Error(JSON.stringify(result.problems));
    expect(result.message).toMatchObject(meant);
    if (rule) expect(result.normalisations.map((each) => each.rule)).toContain(rule);
  });
  test.each(refused)("%s is refused", (_, raw, codes, path) => {
    const result = parseMessage(raw, JAKARTA);
    if (!isRefusedMessage(result)) throw new Error(JSON.stringify(result.message));
    expect(result.problems.map(({ code }) => code)).toEqual([codes].flat());
    if (path !== undefined) expect(result.problems[0].path).toBe(path);
  });
});

describe("a value that was parsed before it arrived", () => {
  test("keeps the digits of a bigint", () => {
    const result = parseMessage({ Data: { id: 9_223_372_036_854_775_807n, command: "register", date: DATE } }, JAKARTA);
    expect(result).toMatchObject({ message: { member: { userId: "9223372036854775807" } } });
  });
  test.each([
    ["a number that has lost digits", { Data: { id: 2 ** 60, command: "register", date: DATE } }, "INEXACT_NUMBER"],
    ["nothing", undefined, "NOT_JSON"],
    ["a function", () => 1, "NOT_JSON"],
    [
      "a circle",
      (() => {
        const circle: unknown[] = [];
        circle.push(circle);
        return circle;
      })(),
      "NOT_JSON",
    ],
    ["a value without an end", JSON.parse(nested(3_000)), "TOO_DEEP"],
  ])("is refused when it is %s", (_, raw, code) => {
    expect(parseMessage(raw, JAKARTA)).toMatchObject({ problems: [{ code }] });
  });
});
