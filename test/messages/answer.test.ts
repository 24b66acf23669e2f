import { describe, expect, test } from "vitest";
import { formatAnswer, makeTicketId } from "../../src/messages/answer.ts";
import { digestOf } from "../../src/messages/digest.ts";
import { isRefusedMessage, parseMessage } from "../../src/messages/parse-message.ts";
import { splitBatch } from "../../src/messages/split-batch.ts";
import { documented } from "../support/rewards/documented.ts";
import { JAKARTA, newer } from "../support/rewards/envelopes.ts";

function read(raw: unknown) {
  const result = parseMessage(raw, JAKARTA);
  if (isRefusedMessage(result)) throw new Error(JSON.stringify(result.problems));
  return result.message;
}

describe("the answer", () => {
  test("to a message is the documented one", () => {
    const ticketId = makeTicketId("register", "0b8ab7f8-3c0c-4f4e-9e51-6f6f4a3c9d10");
    expect(JSON.stringify(formatAnswer({ ticketId }))).toBe(
      '{"code":200,"message":"Success","data":{"TicketId":"Reward:register:0b8ab7f8-3c0c-4f4e-9e51-6f6f4a3c9d10"}}',
    );
    expect(makeTicketId("luckydraw")).toMatch(/^Reward:luckydraw:[0-9a-f-]{36}$/);
  });
  test("lists the normalised fields on request", () => {
    const normalisations = [{ path: "Data.ID", from: "ID", to: "id", rule: "key-spelling" }] as const;
    expect(formatAnswer({ ticketId: "T", normalisations }).data).toEqual({ TicketId: "T", normalisations });
  });
  test.each([
    ["TOO_LARGE", 413],
    ["NOT_JSON", 400],
    ["DATE_MISSING", 422],
  ] as const)("to a message with %s has code %d", (code, status) => {
    const problems = [{ path: "Data.date", code, message: "says nothing" }];
    expect(formatAnswer({ problems })).toEqual({
      code: status,
      message: "Data.date says nothing",
      data: { TicketId: null, problems },
    });
  });
});

describe("the digest of a message", () => {
  const promo = JSON.parse(documented.transactionpromo);
  const [line] = promo.Data.transaction;
  const digest = (raw: unknown, nikHash: string | null = "hash") => digestOf(read(raw), nikHash);
  const alike = digest(promo);

  test("is the same in every version", () => {
    expect(alike).toBe("5853b96c3f652df806e16ccb3fe96601aed444fc0d4a50a1c3516a81bba651cd");
  });
  test.each([
    ["another envelope", { ...promo, Subject: "loyalty", SubjectType: "task", Extra: 1 }],
    ["a TicketId", { ...promo, TicketId: "T-1" }],
    ["a time of sending", { ...promo, Date: "2024-02-08 11:22:06" }],
    [
      "another form of the date",
      { ...promo, Data: { ...promo.Data, transaction: { ...line, date: "2023-06-08T11:22:06+07:00" } } },
    ],
    ["an amount as text", { ...promo, Data: { ...promo.Data, transaction: [{ ...line, amount: "6843" }] } }],
  ])("is the same with %s", (_, raw) => {
    expect(digest(raw)).toBe(alike);
  });
  test.each([
    ["another member", { ...promo, Data: { ...promo.Data, id: 1 } }],
    ["another amount", { ...promo, Data: { ...promo.Data, transaction: [{ ...line, amount: 1 }] } }],
    ["another instant", { ...promo, Data: { ...promo.Data, transaction: [{ ...line, date: "2023-06-08 11:22:07" }] } }],
    ["a reference", { ...promo, Data: { ...promo.Data, trxId: "T" } }],
    ["the line twice", { ...promo, Data: { ...promo.Data, transaction: [line, line] } }],
    ["another action", { ...promo, SubjectIdentifier: "", Data: { ...promo.Data, command: "luckydraw" } }],
  ])("differs with %s", (_, raw) => {
    expect(digest(raw)).not.toBe(alike);
  });
  test("distinguishes national ids by their hash, never by themselves", () => {
    expect(digest(documented.dailycheckin, "one")).not.toBe(digest(documented.dailycheckin, "other"));
    expect(() => digest(documented.dailycheckin, null)).toThrow(RangeError);
    expect(() => digest(documented.dailycheckin, "321231990")).toThrow(RangeError);
    expect(digest(newer("register"), null)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("one request", () => {
  test("with a list has one message for each item, with every digit", () => {
    expect(splitBatch('[{"id":12345678901234567890}, {"b" : [1.50]}]')).toEqual({
      isList: true,
      items: ['{"id":12345678901234567890}', '{"b":[1.50]}'],
    });
  });
  test.each([documented.register, "{", "", "null"])("with %j has one message", (raw) => {
    expect(splitBatch(raw)).toEqual({ isList: false, items: [raw] });
  });
  test("may have 100 messages, each of the maximum size", () => {
    const large = JSON.stringify("x".repeat(65_000));
    expect(splitBatch(`[${Array.from({ length: 100 }, () => large).join()}]`)).toMatchObject({ isList: true });
    expect(splitBatch(JSON.stringify(Array.from({ length: 101 }, () => ({}))))).toMatchObject({
      problems: [{ code: "TOO_MANY_MESSAGES" }],
    });
    expect(splitBatch("[{]")).toMatchObject({ problems: [{ code: "NOT_JSON" }] });
  });
});
