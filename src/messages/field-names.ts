import { NIK_NAMES } from "./nik.ts";

/** The names of a field: the documented ones, and other spellings that producers use, folded. */
export interface FieldNames {
  readonly documented: readonly [string, ...string[]];
  readonly also?: readonly string[];
}
export type Vocabulary<Field extends string> = Readonly<Record<Field, FieldNames>>;

const participants = {
  memberId: { documented: ["MemberId"], also: ["idmember"] },
  clientId: { documented: ["ClientId"], also: ["idclient"] },
  nik: { documented: ["nik"], also: NIK_NAMES },
} satisfies Vocabulary<string>;

const referral = {
  sharer: {
    documented: ["id-user-share", "id_user_share"],
    also: ["useridshare", "usershareid", "idusersharer", "useridsharer", "sharerid", "usershare"],
  },
  receiver: {
    documented: ["id-user-receive", "id_user_receive"],
    also: ["useridreceive", "userreceiveid", "iduserreceiver", "useridreceiver", "receiverid", "userreceive"],
  },
} satisfies Vocabulary<string>;

const facts = {
  date: { documented: ["date"], also: ["trxdate", "datetrx", "transactiondate"] },
  amount: { documented: ["amount"], also: ["trxamount", "amounttrx", "transactionamount"] },
  product: { documented: ["product_id"], also: ["idproduct", "trxproductid"] },
  trxId: { documented: ["trxId"], also: ["idtrx", "transactionid", "idtransaction"] },
  reference: {
    documented: ["reference"],
    also: ["refference", "referrence", "refrence", "refferrence", "ref", "referenceid", "refferenceid"],
  },
} satisfies Vocabulary<string>;

export const envelopeNames = {
  subject: { documented: ["Subject"] },
  subjectType: { documented: ["SubjectType"] },
  subjectIdentifier: { documented: ["SubjectIdentifier"] },
  action: { documented: ["Action"] },
  command: { documented: ["command"] },
  resourceType: { documented: ["ResourceType"] },
  resource: { documented: ["Resource"] },
  resourceId: { documented: ["ResourceId"] },
  data: { documented: ["Data"] },
  userId: { documented: ["UserId"], also: ["iduser"] },
  ticketId: { documented: ["TicketId"] },
  date: { documented: ["Date"] },
  scopeSource: { documented: ["ScopeSource"] },
  ...participants,
} satisfies Vocabulary<string>;

export const dataNames = {
  // The ids of referrals are `id-user-…`, and `id` comes from the same range of numbers: it is a user id.
  userId: { documented: ["id", "Id"], also: ["userid", "iduser"] },
  command: { documented: ["command", "Command"] },
  transaction: { documented: ["transaction"], also: ["transactions", "data", "lines"] },
  ...participants,
  ...referral,
  ...facts,
  date: { documented: ["date", "Date"], also: facts.date.also },
} satisfies Vocabulary<string>;

export const lineNames = {
  // A bare `id` in a line may be the line's own id, so it counts as unknown.
  userId: { documented: ["userId"], also: ["iduser"] },
  ...participants,
  ...referral,
  ...facts,
} satisfies Vocabulary<string>;
