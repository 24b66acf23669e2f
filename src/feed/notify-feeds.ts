import { AWARDS_TO_CREDIT, customerTopic } from "../domain/topics.ts";
import type { Bus } from "../platform/events.ts";

/**
 * Notifies the subscribers of these customers' feeds, and the crediting worker. Call it after the commit. A missing
 * notification delays the member by seconds and loses no event.
 */
export function notifyFeeds(bus: Bus, customerIds: readonly string[]): void {
  for (const customerId of customerIds) bus.notify(customerTopic(customerId));
  if (customerIds.length > 0) bus.notify(AWARDS_TO_CREDIT);
}
