import type { AddressInput, PlaceOrderInput } from "../graphql/generated/graphql.ts";

/**
 * An attempt to place an order. The idempotency key is stored in this tab with all the inputs of the order, so a second
 * press, a reload during the request, or a retry after a lost response sends the same key.
 */
export interface Attempt {
  customerId: string;
  cartId: string;
  cartVersion: number;
  address: AddressInput | null;
  key: string;
  /** Time of the first request; null if only a dry run was sent. */
  sentAt: number | null;
}

const KEY = "tessera.order-attempt";
/** After this time the outcome of a request is final, so the page does not resume it automatically. */
const STALE_MS = 15 * 60_000;

function readStored(): Attempt | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Attempt | null;
  } catch {
    return null;
  }
}
const store = (attempt: Attempt) => sessionStorage.setItem(KEY, JSON.stringify(attempt));

type Intent = Pick<Attempt, "customerId" | "cartId" | "cartVersion" | "address">;
const isSameIntent = (a: Intent, b: Intent) =>
  a.customerId === b.customerId &&
  a.cartId === b.cartId &&
  a.cartVersion === b.cartVersion &&
  JSON.stringify(a.address) === JSON.stringify(b.address);

/** Returns the attempt for this cart version and address: the stored attempt if it matches, else a new one. */
export function attemptFor(intent: Intent): Attempt {
  const storedAttempt = readStored();
  if (storedAttempt && isSameIntent(storedAttempt, intent)) return storedAttempt;
  const attempt = { ...intent, key: crypto.randomUUID(), sentAt: null };
  store(attempt);
  return attempt;
}

/** Returns the sent attempt without a response, or null. */
export function unansweredAttempt(customerId: string): Attempt | null {
  const storedAttempt = readStored();
  if (!storedAttempt?.sentAt || storedAttempt.customerId !== customerId) return null;
  return Date.now() - storedAttempt.sentAt < STALE_MS ? storedAttempt : null;
}

export const recordSent = (attempt: Attempt) => store({ ...attempt, sentAt: attempt.sentAt ?? Date.now() });
export const clearAttempt = () => sessionStorage.removeItem(KEY);

export const inputOf = ({ key, cartVersion, address }: Attempt): PlaceOrderInput => ({
  idempotencyKey: key,
  expectedCartVersion: cartVersion,
  ...(address && { shippingAddress: address }),
});
