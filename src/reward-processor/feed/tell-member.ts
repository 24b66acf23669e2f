import type { Tx } from "../../platform/db.ts";
import type { MemberEvent } from "./member-event.ts";

/** Topic that rings when a customer has been told something. */
export const memberTopic = (customerId: string) => `member:${customerId}`;

/**
 * Writes the next event of a customer, in the transaction in which it happened. Whoever commits rings `memberTopic`
 * afterwards.
 *
 * The head of the feed is locked until the transaction ends, which is what keeps its numbers gapless and in the order in
 * which they become visible. It is the last thing to lock; who tells several customers does so in the order of their ids.
 */
export type TellMember = (tx: Tx, customerId: string, event: MemberEvent) => Promise<void>;

export const tellMember: TellMember = async (tx, customerId, { type, at, data }) => {
  await tx.$executeRaw`
    with head as (
      insert into member_feeds as f (customer_id, seq) values (${customerId}, 1)
      on conflict (customer_id) do update set seq = f.seq + 1 returning seq)
    insert into member_events (customer_id, seq, type, data, at)
    select ${customerId}, seq, ${type}, ${JSON.stringify(data)}::jsonb, ${at} from head`;
};
