// The topics by which processes notify each other.

/** Topic that rings when an order has changed, in the process that changed it with `OrderUpdate`. */
export const orderTopic = (orderId: string) => `order:${orderId}`;
/** Topic that rings when a customer has something new to hear of: an order of theirs has changed, or their rewards have. */
export const customerTopic = (customerId: string) => `customer:${customerId}`;

/** Rung when awards may have become creditable: they were made, or their member's customer became known. */
export const AWARDS_TO_CREDIT = "reward-awards/to-credit";

/** Topic that rings when a session has ended. */
export const sessionTopic = (sessionId: string) => `session:${sessionId}`;
