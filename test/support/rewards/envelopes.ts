import type { RewardAction } from "../../../src/messages/message.ts";

/** A realistic national id, and the one of the documentation. */
export const NIK = "3171234509870001";
export const SHORT_NIK = "321231990";

export const NOW = new Date("2026-11-22T09:00:00Z");
export const JAKARTA = { now: NOW, timeZone: "Asia/Jakarta" };

/** Events in the newer envelope: actions by `Action`, dates with a `T`, no national id. */
const newerData: Readonly<Record<RewardAction, Record<string, unknown>>> = {
  register: { id: 461, command: "register", transaction: [{ date: "2024-02-08T11:22:06" }] },
  registerreferral: {
    "id-user-share": 462,
    "id-user-receive": 463,
    command: "registerreferral",
    transaction: [{ date: "2024-02-08T11:22:06" }],
  },
  transactionpromo: {
    id: 16659,
    command: "transactionpromo",
    transaction: [{ date: "2024-02-08T11:22:06", amount: 6843 }],
  },
  transactionreferral: {
    "id-user-share": 462,
    "id-user-receive": 463,
    command: "transactionreferral",
    transaction: [
      { date: "2024-02-08T11:22:06", product_id: 10 },
      { date: "2024-02-08T11:22:06", product_id: 12 },
    ],
  },
  dailycheckin: { Id: "461", Command: "dailycheckin", ClientId: "app", MemberId: "571", Date: "2024-02-08T11:22:06" },
  luckydraw: { id: 16659, command: "luckydraw", transaction: [{ date: "2024-02-08T11:22:06", amount: 1000 }] },
};

export const newer = (action: RewardAction) => ({
  Subject: "loyalty",
  SubjectType: "reward",
  SubjectIdentifier: "processor",
  Action: action,
  ResourceType: "",
  Resource: "null",
  ResourceId: "none",
  Data: newerData[action],
});

/** The same events in the task producer's envelope: its names and spellings, digits as text, dashes in the time. */
const producerData: Readonly<Record<RewardAction, Record<string, unknown>>> = {
  register: { id: "461", trxDate: "2024-02-08 11-22-06", refference: "TRX-9" },
  registerreferral: { userIdShare: "462", userIdReceive: "463", trxDate: "2024-02-08 11-22-06", refference: "TRX-9" },
  transactionpromo: { id: "16659", data: [{ trxId: "TRX-9", trxAmount: "6843", trxDate: "2024-02-08 11-22-06" }] },
  transactionreferral: {
    userIdShare: "462",
    userIdReceive: "463",
    trxId: "TRX-9",
    data: [
      { trxDate: "2024-02-08 11-22-06", productId: "10" },
      { trxDate: "2024-02-08 11-22-06", productId: "12" },
    ],
  },
  dailycheckin: { id: "461", memberId: "571", clientId: "app", date: "2024-02-08 11-22-06" },
  luckydraw: { id: "16659", data: { trxId: "TRX-9", trxAmount: "1000", trxDate: "2024-02-08 11-22-06" } },
};
const producerWord: Readonly<Record<RewardAction, string>> = {
  register: "register",
  registerreferral: "registerrefferal",
  transactionpromo: "transactionpromo",
  transactionreferral: "transactionrefferal",
  dailycheckin: "daily-check-in",
  luckydraw: "lucky_draw",
};

export const producer = (action: RewardAction) => ({
  subject: "loyalty",
  subjectType: "reward",
  subjectIdentifier: "task",
  action: producerWord[action],
  resourceType: null,
  resource: "none",
  resourceId: "null",
  date: "",
  data: producerData[action],
});
