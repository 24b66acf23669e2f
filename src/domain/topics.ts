// The topics by which processes notify each other.

/** Notified when an order has changed. The process that changed it passes an `OrderUpdate`. */
export const orderTopic = (orderId: string) => `order:${orderId}`;
/** Notified when a customer's orders or rewards have changed. */
export const customerTopic = (customerId: string) => `customer:${customerId}`;

/** Notified when awards may have become creditable: they were inserted, or their member was linked to a customer. */
export const AWARDS_TO_CREDIT = "reward-awards/to-credit";

/** Notified when a session has ended. */
export const sessionTopic = (sessionId: string) => `session:${sessionId}`;
