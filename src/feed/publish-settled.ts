import type { OnSettled, SettledAward } from "../awards/index.ts";
import { customerTopic } from "../domain/topics.ts";
import type { Bus } from "../platform/events.ts";
import type { AppendMemberEvents } from "./feed.store.ts";
import type { MemberEvent } from "./member-event.ts";

/** Publishes the outcomes of awards to their members. An unknown outcome is published once it is settled. */
export function makePublishSettled({
  appendMemberEvents,
  bus,
}: {
  appendMemberEvents: AppendMemberEvents;
  bus: Bus;
}): OnSettled {
  return {
    async inTransaction(tx, awards) {
      const newEvents = awards.map((award) => ({ customerId: award.customerId, event: eventOf(award) }));
      await appendMemberEvents(
        tx,
        newEvents.flatMap(({ customerId, event }) => (event ? { customerId, event } : [])),
      );
    },
    afterCommit(awards) {
      for (const { customerId } of awards) if (customerId !== null) bus.notify(customerTopic(customerId));
    },
  };
}

function eventOf({ id: awardId, points: quantity, state }: SettledAward): MemberEvent | null {
  const award = { awardId, unit: "POINTS", quantity } as const;
  if (state === "CREDITED") return { type: "AWARD_CREDITED", ...award };
  if (state === "REFUSED" || state === "LAPSED") return { type: "AWARD_REFUSED", ...award, reason: state };
  return null;
}
