import { type Member, type Person, personOf, resolveMembers, userId } from "../members/index.ts";
import type { Tx } from "../platform/db.ts";
import type { ReadMessage } from "./read-message.ts";

/** The people of a message. A referral has no member, but who shared and who was brought in, as far as that is said. */
export interface People {
  readonly member: Member | null;
  readonly sharer: Member | null;
  readonly receiver: Member | null;
}

/** Who they are, each locked. @throws MessageRefused where one person is named as two customers */
export async function peopleOf(
  tx: Tx,
  { message, nikHash, customerId }: Pick<ReadMessage, "message" | "nikHash" | "customerId">,
  now: Date,
): Promise<People> {
  const { action, sharerId, receiverId } = message;
  const own = customerId === undefined ? personOf(message.member, nikHash) : { customerId };
  const named =
    action === "registerreferral" || action === "transactionreferral"
      ? {
          member: null,
          sharer: sharerId === null ? null : userId(sharerId),
          receiver: receiverId === null ? own : userId(receiverId),
        }
      : { member: own, sharer: null, receiver: null };
  const present = Object.values(named).filter((person): person is Person => person !== null);
  const members = await resolveMembers(tx, present, now);
  const memberOf = (person: Person | null) => (person && members[present.indexOf(person)]) ?? null;
  return { member: memberOf(named.member), sharer: memberOf(named.sharer), receiver: memberOf(named.receiver) };
}

/** Whoever registers has been a member since, as far as we know. */
export async function keepSince(tx: Tx, { message }: Pick<ReadMessage, "message">, people: People): Promise<void> {
  const { action, lines } = message;
  const joining = action === "register" ? people.member : action === "registerreferral" ? people.receiver : null;
  if (!joining || joining.since !== null) return;
  await tx.rewardMember.update({ where: { id: joining.id }, data: { since: lines[0].at } });
}

/** Each person once: somebody may be named in two places. */
export function eachOf({ member, sharer, receiver }: People): Member[] {
  const all = [member, sharer, receiver].filter((person): person is Member => person !== null);
  return [...new Map(all.map((person) => [person.id, person])).values()];
}
