import type { AddressInput, PlaceOrderInput } from "../graphql/generated/graphql.ts";

/**
 * One intended order. Its key is kept with everything it was made for, in this tab and over a reload, so that a second press,
 * a reload in the middle or an answer that was lost all mean the same order.
 */
export interface Attempt {
  customerId: string;
  cartId: string;
  cartVersion: number;
  address: AddressInput | null;
  key: string;
  /** When it was sent first; null while it was only looked at. */
  sentAt: number | null;
}

const KEY = "tessera.order-attempt";
/** What was sent this long ago has made its order, or never will: the page does not go on with it by itself. */
const STALE_MS = 15 * 60_000;

function stored(): Attempt | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Attempt | null;
  } catch {
    return null;
  }
}
const keep = (attempt: Attempt) => sessionStorage.setItem(KEY, JSON.stringify(attempt));

type Intent = Pick<Attempt, "customerId" | "cartId" | "cartVersion" | "address">;
const sameIntent = (a: Intent, b: Intent) =>
  a.customerId === b.customerId &&
  a.cartId === b.cartId &&
  a.cartVersion === b.cartVersion &&
  JSON.stringify(a.address) === JSON.stringify(b.address);

/** The attempt at ordering this version of the cart to this address: the one under way, or a new one. */
export function attemptAt(intent: Intent): Attempt {
  const known = stored();
  if (known && sameIntent(known, intent)) return known;
  const attempt = { ...intent, key: crypto.randomUUID(), sentAt: null };
  keep(attempt);
  return attempt;
}

/** What was sent and not heard of. */
export function unheard(customerId: string): Attempt | null {
  const known = stored();
  if (!known?.sentAt || known.customerId !== customerId) return null;
  return Date.now() - known.sentAt < STALE_MS ? known : null;
}

export const noteSent = (attempt: Attempt) => keep({ ...attempt, sentAt: attempt.sentAt ?? Date.now() });
export const forget = () => sessionStorage.removeItem(KEY);

export const inputOf = ({ key, cartVersion, address }: Attempt): PlaceOrderInput => ({
  idempotencyKey: key,
  expectedCartVersion: cartVersion,
  ...(address && { shippingAddress: address }),
});
