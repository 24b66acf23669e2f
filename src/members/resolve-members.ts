import { randomUUID } from "node:crypto";
import { MessageRefused } from "../messages/message-refused.ts";
import type { Tx } from "../platform/db.ts";
import type { Identity, Person } from "./identity.ts";

export interface Member {
  readonly id: string;
  /** Null while the member is not linked. */
  readonly customerId: string | null;
  readonly since: Date | null;
}

const MAX_TRIES = 10;

/**
 * Resolves persons to members, each locked until the transaction ends; unknown persons become new members.
 *
 * Among the identities of a person, the first with a customer decides, else the first known one. Links are not inferred
 * from messages, because the documented ones have the same national id for several persons. Only `linkMember` links
 * identities.
 *
 * @throws MessageRefused if the identities of one person belong to different customers
 */
export async function resolveMembers(tx: Tx, participants: readonly Person[], now: Date): Promise<Member[]> {
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    const found = await find(tx, participants);
    const chosen = participants.map((person) => choose(person, found));
    const missing = participants.filter((_, place) => chosen[place] === null);
    if (missing.length > 0) {
      await create(tx, missing, now);
      continue;
    }
    const locked = await lockMembers(
      tx,
      chosen.map((member) => member?.id ?? ""),
    );
    // The members may have been linked or merged while this transaction waited for a lock.
    const members = chosen.flatMap((member) => {
      const now = locked.get(member?.id ?? "");
      return now && now.customerId === member?.customerId ? [now] : [];
    });
    if (members.length === participants.length) return members;
  }
  throw new Error("the members of a message were merged concurrently, too often");
}

type Found = Member & { kind: Identity["kind"] | null; value: string | null };

const nameOf = ({ kind, value }: { kind: string | null; value: string | null }) => `${kind}:${value}`;

async function find(tx: Tx, participants: readonly Person[]): Promise<Found[]> {
  const identities = participants.flatMap((person) => ("identities" in person ? person.identities : []));
  const customerIds = participants.flatMap((person) => ("customerId" in person ? person.customerId : []));
  return tx.$queryRaw<Found[]>`
    select m.id, m.customer_id as "customerId", m.since, i.kind::text as kind, i.value
    from unnest(${identities.map(({ kind }) => kind)}::text[], ${identities.map(({ value }) => value)}::text[]) as asked (kind, value)
    join member_identities i on i.kind = asked.kind::identity_kind and i.value = asked.value
    join reward_members m on m.id = i.member_id
    union all
    select id, customer_id, since, null, null from reward_members where customer_id = any(${customerIds})`;
}

function choose(person: Person, found: readonly Found[]): Member | null {
  if ("customerId" in person) return found.find((row) => row.customerId === person.customerId) ?? null;
  const known = person.identities.map((identity) => found.find((row) => nameOf(row) === nameOf(identity)) ?? null);
  const linked = known.filter((row) => row !== null && row.customerId !== null);
  if (new Set(linked.map((row) => row?.customerId)).size > 1) {
    throw new MessageRefused([
      { path: "", code: "MEMBER_CONFLICT", message: "names one person in ways that lead to different customers" },
    ]);
  }
  return linked[0] ?? known[0] ?? null;
}

/** A lock on each name serialises the concurrent creation of the same person. */
async function create(tx: Tx, participants: readonly Person[], now: Date): Promise<void> {
  const keys = participants.map((person) =>
    "customerId" in person ? `customer:${person.customerId}` : nameOf(person.identities[0]),
  );
  const byKey = [...new Map(participants.map((person, place) => [keys[place] ?? "", person]))].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  for (const [key] of byKey) await lockName(tx, key);
  const found = await find(tx, participants);
  for (const [, person] of byKey) {
    if (choose(person, found)) continue;
    const customerId = "customerId" in person ? person.customerId : null;
    const { id } = await tx.rewardMember.create({ data: { id: randomUUID(), customerId, createdAt: now } });
    if ("identities" in person) {
      await tx.memberIdentity.create({ data: { ...person.identities[0], memberId: id, createdAt: now } });
    }
  }
}

export async function lockName(tx: Tx, name: string): Promise<void> {
  await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`tessera.member:${name}`}, 0))`;
}

/** Locks in the order of the ids, which prevents deadlocks. Merged members are absent. */
export async function lockMembers(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, Member>> {
  const rows = await tx.$queryRaw<Member[]>`
    select id, customer_id as "customerId", since from reward_members
    where id = any(${[...ids]}::uuid[]) and merged_into is null order by id for no key update`;
  return new Map(rows.map((row) => [row.id, row]));
}
