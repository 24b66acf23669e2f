import { AWARDS_TO_CREDIT, customerTopic } from "../domain/topics.ts";
import type { Tx } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import type { TellMember } from "./feed.store.ts";
import type { MemberEvent } from "./member-event.ts";

export interface MemberNews {
  /** Null is nobody's customer yet: they hear of their awards when they become one. */
  readonly customerId: string | null;
  readonly event: MemberEvent;
}

/** Tells the customers, each in the order in which it happened. @returns whom it told */
export async function tellAll(tx: Tx, tellMember: TellMember, news: readonly MemberNews[]): Promise<string[]> {
  const customerIds = [...new Set(news.flatMap(({ customerId }) => customerId ?? []))].sort();
  for (const customerId of customerIds) {
    for (const { event } of news.filter((each) => each.customerId === customerId)) {
      await tellMember(tx, customerId, event);
    }
  }
  return customerIds;
}

/** After the commit: wakes those who watch these customers' feeds, and whoever credits what the customers were told of. */
export function ringTold(bus: Bus, customerIds: readonly string[]): void {
  for (const customerId of customerIds) bus.ring(customerTopic(customerId));
  if (customerIds.length > 0) bus.ring(AWARDS_TO_CREDIT);
}
