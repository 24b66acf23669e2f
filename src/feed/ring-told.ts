import { AWARDS_TO_CREDIT } from "../awards/credit/topic.ts";
import { customerTopic } from "../order/order.store.ts";
import type { Bus } from "../platform/events.ts";

/** After the commit: wakes those who watch these customers' feeds, and whoever credits what the customers were told of. */
export function ringTold(bus: Bus, customerIds: readonly string[]): void {
  for (const customerId of customerIds) bus.ring(customerTopic(customerId));
  if (customerIds.length > 0) bus.ring(AWARDS_TO_CREDIT);
}
