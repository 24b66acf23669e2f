import { AWARDS_TO_CREDIT, customerTopic } from "../domain/topics.ts";
import type { Bus } from "../platform/events.ts";

/**
 * After the commit: notifies those who watch these customers' feeds, and the process that credits what the customers were told of.
 * A notification that is forgotten costs the member seconds, not the event.
 */
export function notifyFeeds(bus: Bus, customerIds: readonly string[]): void {
  for (const customerId of customerIds) bus.notify(customerTopic(customerId));
  if (customerIds.length > 0) bus.notify(AWARDS_TO_CREDIT);
}
