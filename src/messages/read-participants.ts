import type { envelopeNames } from "./field-names.ts";
import type { Fields, Found } from "./fields.ts";
import { textOf } from "./json-tree.ts";
import type { MemberIds, RewardAction } from "./message.ts";
import type { Notes } from "./notes.ts";
import type { NationalId } from "./read-nik.ts";
import { readId, readText } from "./read-values.ts";

/** The fields of `Data` about participants, in itself or in its lines. */
export type ParticipantFields = Readonly<
  Record<"userId" | "memberId" | "clientId" | "nik" | "sharer" | "receiver", Found | undefined>
>;

export interface Participants {
  readonly member: MemberIds;
  readonly sharerId: string | null;
  readonly receiverId: string | null;
}

/**
 * Reads the participants. If `Data` names the member, the `UserId` and `MemberId` of the envelope do not count: they
 * may identify another person, as in the documented referral. A national id counts in every place.
 */
export function readParticipants(
  action: RewardAction | null,
  data: ParticipantFields,
  envelope: Fields<keyof typeof envelopeNames>,
  nationalId: NationalId,
  notes: Notes,
): Participants {
  const { nik } = nationalId;
  const id = (found: Found | undefined) => readId(found, nik, notes);

  const sharerId = id(data.sharer);
  const receiverId = id(data.receiver);
  const own = { userId: id(data.userId), memberId: id(data.memberId) };
  const isNamed = own.userId !== null || own.memberId !== null;
  const ofEnvelope = { userId: envelope.get("userId"), memberId: envelope.get("memberId") };
  if (isNamed) {
    for (const field of ["userId", "memberId"] as const) {
      const ignored = ofEnvelope[field];
      if (ignored && textOf(ignored.value)?.trim() !== own[field]) {
        notes.normalised(ignored.path, ignored.value, own[field] ?? "", "data-over-envelope");
      }
    }
  }
  const ids = isNamed ? own : { userId: id(ofEnvelope.userId), memberId: id(ofEnvelope.memberId) };
  const clientId = readText(data.clientId ?? envelope.get("clientId"), 64, nik, notes);
  const member = { memberId: ids.memberId, userId: ids.userId, nik, clientId };

  const isKnown = ids.userId !== null || ids.memberId !== null || nationalId.isGiven;
  const participants = { member, sharerId, receiverId };
  if (action === null) return participants;
  if (action === "registerreferral" || action === "transactionreferral") {
    if (sharerId === null) missing(data.sharer, "SHARER_MISSING", "id-user-share", notes);
    if (receiverId === null && !isKnown) missing(data.receiver, "RECEIVER_MISSING", "id-user-receive", notes);
  } else if (!isKnown) missing(data.userId ?? data.memberId, "MEMBER_MISSING", "id", notes);
  return participants;
}

/** Notes a missing id. An unreadable id has a note already; an id of 0 counts as missing. */
function missing(
  found: Found | undefined,
  code: "SHARER_MISSING" | "RECEIVER_MISSING" | "MEMBER_MISSING",
  name: string,
  notes: Notes,
): void {
  const path = found?.path ?? `Data.${name}`;
  if (!notes.problems.some((problem) => problem.path === path))
    notes.problem(path, code, "the message names no person");
}
