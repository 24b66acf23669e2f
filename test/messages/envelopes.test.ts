import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/messages/digest.ts";
import { type RewardAction, type RewardMessage, rewardActions } from "../../src/messages/message.ts";
import { isRefusedMessage, parseMessage } from "../../src/messages/parse-message.ts";
import { documented } from "../support/rewards/documented.ts";
import { JAKARTA, newer, producer, SHORT_NIK } from "../support/rewards/envelopes.ts";

const nobody = { memberId: null, userId: null, nik: null, clientId: null };
const line = (at: string, rawDate: string, localDate: string, more: object = {}) => ({
  at: new Date(at),
  rawDate,
  hadZone: false,
  localDate,
  amount: null,
  productId: null,
  reference: null,
  ...more,
});
const envelope = (more: object = {}) => ({
  subject: "reward",
  subjectType: "transaction",
  subjectIdentifier: "",
  action: "process",
  resourceType: "data",
  scopeSource: "",
  date: "",
  ...more,
});
const plain = { ticketId: null, sharerId: null, receiverId: null, sentAt: null, unknown: {} };

function accepted(raw: unknown) {
  const result = parseMessage(raw, JAKARTA);
  if (isRefusedMessage(result)) throw new Error(JSON.stringify(result.problems));
  return result;
}

describe("the documented sample of", () => {
  const meant: Record<RewardAction, RewardMessage> = {
    register: {
      ...plain,
      action: "register",
      envelope: envelope({ subjectIdentifier: "register" }),
      member: { ...nobody, userId: "461", nik: SHORT_NIK },
      lines: [line("2022-02-25T03:26:11Z", "2022-02-25 10:26:11", "2022-02-25")],
    },
    registerreferral: {
      ...plain,
      action: "registerreferral",
      ticketId: "12370001",
      envelope: envelope({ subjectIdentifier: "registerreferral", date: "2022-01-12 05:05:00" }),
      member: { ...nobody, memberId: "571", userId: "660", nik: SHORT_NIK },
      sharerId: "462",
      receiverId: "463",
      sentAt: new Date("2022-01-11T22:05:00Z"),
      lines: [line("2022-03-28T03:26:11Z", "2022-03-28 10:26:11", "2022-03-28")],
    },
    transactionpromo: {
      ...plain,
      action: "transactionpromo",
      envelope: envelope({ subjectIdentifier: "transactionpromo" }),
      member: { ...nobody, userId: "16659", nik: SHORT_NIK },
      lines: [line("2023-06-08T04:22:06Z", "2023-06-08 11:22:06", "2023-06-08", { amount: 6843 })],
    },
    transactionreferral: {
      ...plain,
      action: "transactionreferral",
      envelope: envelope({ subjectIdentifier: "transactionreferral" }),
      member: { ...nobody, nik: SHORT_NIK },
      sharerId: "462",
      lines: [
        line("2022-04-02T03:26:11Z", "2022-04-02 10:26:11", "2022-04-02", { productId: "10" }),
        line("2022-04-02T03:26:11Z", "2022-04-02 10:26:11", "2022-04-02", { productId: "12" }),
      ],
    },
    dailycheckin: {
      ...plain,
      action: "dailycheckin",
      envelope: envelope({ subjectIdentifier: "dailycheckin", action: "dailycheckin" }),
      member: { ...nobody, nik: SHORT_NIK },
      lines: [line("2024-06-11T05:00:00Z", "2024-06-11 12:00:00", "2024-06-11")],
    },
    luckydraw: {
      ...plain,
      action: "luckydraw",
      envelope: envelope({
        subject: "loyalty",
        subjectType: "reward",
        subjectIdentifier: "processor",
        action: "luckydraw",
        resourceType: "",
      }),
      member: { ...nobody, userId: "16659" },
      lines: [line("2024-02-08T04:22:06Z", "2024-02-08T11:22:06", "2024-02-08", { amount: 1000 })],
    },
  };

  test.each(rewardActions)("%s has the documented meaning, as text, bytes or value", (action) => {
    const { message, normalisations } = accepted(documented[action]);
    expect(message).toEqual(meant[action]);
    expect(accepted(Buffer.from(documented[action]))).toEqual({ message, normalisations });
    expect(accepted(JSON.parse(documented[action]))).toEqual({ message, normalisations });
  });

  test("a transaction needs only the programme's time zone", () => {
    expect(accepted(documented.transactionpromo).normalisations).toEqual([
      {
        path: "Data.transaction[0].date",
        from: "2023-06-08 11:22:06",
        to: "2023-06-08T04:22:06.000Z",
        rule: "zone-assumed",
      },
    ]);
  });
  test("a check-in gets its line from the date", () => {
    expect(accepted(documented.dailycheckin).normalisations.map(({ rule }) => rule)).toEqual([
      "line-from-data",
      "zone-assumed",
    ]);
  });
});

const happened = line("2024-02-08T04:22:06Z", "2024-02-08T11:22:06", "2024-02-08");
const newerMeaning: Record<RewardAction, Partial<RewardMessage>> = {
  register: { member: { ...nobody, userId: "461" }, lines: [happened] },
  registerreferral: { member: nobody, sharerId: "462", receiverId: "463", lines: [happened] },
  transactionpromo: { member: { ...nobody, userId: "16659" }, lines: [{ ...happened, amount: 6843 }] },
  transactionreferral: {
    member: nobody,
    sharerId: "462",
    receiverId: "463",
    lines: [
      { ...happened, productId: "10" },
      { ...happened, productId: "12" },
    ],
  },
  dailycheckin: { member: { memberId: "571", userId: "461", nik: null, clientId: "app" }, lines: [happened] },
  luckydraw: { member: { ...nobody, userId: "16659" }, lines: [{ ...happened, amount: 1000 }] },
};

describe("the newer envelope", () => {
  test.each(rewardActions)("states %s by its action, without a national id", (action) => {
    const { message, normalisations } = accepted(JSON.stringify(newer(action)));
    expect(message).toMatchObject({ action, ...newerMeaning[action], unknown: {} });
    expect(normalisations).toEqual(
      expect.arrayContaining([
        { path: "Resource", from: "null", to: "", rule: "absent-word" },
        { path: "ResourceId", from: "none", to: "", rule: "absent-word" },
      ]),
    );
  });
});

describe("the envelope of the task producer", () => {
  test.each(rewardActions)("states %s in its own spelling", (action) => {
    const { message, normalisations } = accepted(JSON.stringify(producer(action)));
    const meant = newerMeaning[action];
    expect(message).toMatchObject({ action, member: meant.member, sentAt: null, unknown: {} });
    expect([message.sharerId, message.receiverId]).toEqual([meant.sharerId ?? null, meant.receiverId ?? null]);
    expect(message.lines).toEqual(
      meant.lines?.map((each) => ({
        ...each,
        rawDate: "2024-02-08 11-22-06",
        reference: action === "dailycheckin" ? null : "TRX-9",
      })),
    );
    expect(normalisations.map(({ rule }) => rule)).toEqual(expect.arrayContaining(["key-spelling", "date-spelling"]));
  });

  test("means the same as the newer envelope", () => {
    const same = accepted(newer("dailycheckin")).message;
    expect(digestOf(accepted(producer("dailycheckin")).message, null)).toBe(digestOf(same, null));
  });
});
