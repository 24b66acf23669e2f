import { type Member, type Person, personOf, resolveMembers, userId } from "../members/index.ts";
import type { Tx } from "../platform/db.ts";
import type { ReadMessage } from "./read-message.ts";

/** The participants of a message. A referral has no member, but a sharer and a receiver, if the message names them. */
export interface Participants {
  readonly member: Member | null;
  readonly sharer: Member | null;
  readonly receiver: Member | null;
}

/**
 * Resolves and locks the participants of each message. A registration also sets the date since when its participant has
 * been a member.
 *
 * @throws MessageRefused if a message names one person as two customers
 */
export async function participantsOf(tx: Tx, reads: readonly ReadMessage[], now: Date): Promise<Participants[]> {
  const named = reads.map(namedIn);
  const present = named.flatMap(({ member, sharer, receiver }) => [member, sharer, receiver]).filter(isPerson);
  const members = await resolveMembers(tx, present, now);
  const memberOf = new Map(present.map((person, place) => [person, members[place] ?? null]));

  /** The registrations in this list, which the messages after them must know. */
  const joined = new Map<string, Date>();
  const participants = reads.map(({ message: { action, lines } }, place) => {
    const asOfNow = (person: Person | null = null): Member | null => {
      const member = person && (memberOf.get(person) ?? null);
      return member && { ...member, since: member.since ?? joined.get(member.id) ?? null };
    };
    const { member, sharer, receiver } = named[place] ?? {};
    const present = { member: asOfNow(member), sharer: asOfNow(sharer), receiver: asOfNow(receiver) };
    const joining = action === "register" ? present.member : action === "registerreferral" ? present.receiver : null;
    if (joining && joining.since === null) joined.set(joining.id, lines[0].at);
    return present;
  });
  if (joined.size > 0) {
    await tx.$executeRaw`
      update reward_members m set since = joined.since
      from unnest(${[...joined.keys()]}::uuid[], ${[...joined.values()].map((at) => at.toISOString())}::timestamptz[]) as joined (id, since)
      where m.id = joined.id`;
  }
  return participants;
}

const isPerson = (person: Person | null): person is Person => person !== null;

function namedIn({
  message,
  nikHash,
  customerId,
  sharerCustomerId,
}: Pick<ReadMessage, "message" | "nikHash" | "customerId" | "sharerCustomerId">): Record<
  keyof Participants,
  Person | null
> {
  const { action, sharerId, receiverId } = message;
  const own = customerId === undefined ? personOf(message.member, nikHash) : { customerId };
  const sharer = sharerCustomerId === undefined ? sharerId && userId(sharerId) : { customerId: sharerCustomerId };
  return action === "registerreferral" || action === "transactionreferral"
    ? {
        member: null,
        sharer: sharer || null,
        receiver: receiverId === null ? own : userId(receiverId),
      }
    : { member: own, sharer: null, receiver: null };
}

/** The distinct participants: a message may name the same person twice. */
export function presentMembers({ member, sharer, receiver }: Participants): Member[] {
  const all = [member, sharer, receiver].filter((person): person is Member => person !== null);
  return [...new Map(all.map((person) => [person.id, person])).values()];
}
