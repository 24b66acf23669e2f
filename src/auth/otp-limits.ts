/** The limits of one-time passwords; pure functions. */

import ipaddr from "ipaddr.js";
import { LRUCache } from "lru-cache";

export const OTP_LIFE_MS = 5 * 60 * 1_000;
export const OTP_TRIES = 3;
export const HOUR_MS = 60 * 60 * 1_000;
export const DAY_MS = 24 * HOUR_MS;
const FIRST_COOL_DOWN_MS = 30 * 1_000;

/** The number of messages to a customer from all requesters. Known browsers have a reserved share. */
const CUSTOMER_BUDGETS = [
  { withinMs: HOUR_MS, most: 10, keptForKnown: 4 },
  { withinMs: DAY_MS, most: 20, keptForKnown: 8 },
];
/** The number of a customer's unverified passwords at a time, without those of known browsers. */
const MAX_OPEN = 3;

/** The pause after `earlier` requests within the hour: 30 s, 1 min, 2 min … */
export function coolDownMs(earlier: number): number {
  return Math.min(FIRST_COOL_DOWN_MS * 2 ** earlier, HOUR_MS);
}

/**
 * The time at which a limit of `most` within a period admits the next request, from the times of the last ones; null
 * means now.
 */
export function allowedAgainAt(
  askedAt: readonly Date[],
  most: number,
  now: Date,
  withinMs: number = HOUR_MS,
): Date | null {
  const counted = askedAt
    .map((at) => at.getTime())
    .filter((at) => at > now.getTime() - withinMs)
    .sort((a, b) => a - b);
  const oldestCounted = counted.at(-most);
  return oldestCounted === undefined ? null : new Date(oldestCounted + withinMs);
}

/** A customer's password requested within the last day. */
export interface EarlierRequest {
  createdAt: Date;
  resendAfter: Date;
  isOwn: boolean;
  isKnownDevice: boolean;
  /** Null once it can no longer be verified. */
  openUntil: Date | null;
}

/**
 * The time at which a requester may request a password for a customer; null means now. Other requesters delay it only
 * through the customer's budgets, which reserve a share for known browsers.
 *
 * @param perHour the limit of one requester
 */
export function nextRequestAt(
  before: readonly EarlierRequest[],
  { isKnownDevice, perHour, now }: { isKnownDevice: boolean; perHour: number; now: Date },
): Date | null {
  const timesOf = (which: readonly EarlierRequest[]) => which.map(({ createdAt }) => createdAt);
  const own = before.filter(({ isOwn }) => isOwn);
  const ofUnknown = before.filter((asked) => !asked.isKnownDevice);
  const waits: (Date | null)[] = own.map(({ resendAfter }) => resendAfter);
  waits.push(allowedAgainAt(timesOf(own), perHour, now));
  for (const { withinMs, most, keptForKnown } of CUSTOMER_BUDGETS) {
    waits.push(allowedAgainAt(timesOf(before), most, now, withinMs));
    if (!isKnownDevice) waits.push(allowedAgainAt(timesOf(ofUnknown), most - keptForKnown, now, withinMs));
  }
  if (!isKnownDevice) {
    const ends = ofUnknown.flatMap(({ isOwn, openUntil }) => (isOwn || !openUntil ? [] : [openUntil.getTime()]));
    const end = ends.sort((a, b) => b - a)[MAX_OPEN - 1];
    if (end !== undefined) waits.push(new Date(end));
  }
  return latest(waits, now);
}

/** The latest of these times that lie in the future. */
export function latest(waits: readonly (Date | null)[], now: Date): Date | null {
  const future = waits.filter((until): until is Date => until !== null && until > now);
  return future.length === 0 ? null : new Date(Math.max(...future.map(Number)));
}

/**
 * The key of limits by network address: an IPv4 address, or the first 64 bits of an IPv6 address. A client can choose
 * the remaining bits freely, so they must not evade the limit.
 */
export function addressBlock(address: string): string {
  let block = blocks.get(address);
  if (block === undefined) {
    block = readBlock(address);
    blocks.set(address, block);
  }
  return block;
}

/** A proxy or a customer with several requests has the same address each time. */
const blocks = new LRUCache<string, string>({ max: 10_000 });

function readBlock(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === "ipv4") return parsed.toString();
  const { parts } = parsed as ipaddr.IPv6;
  return parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(":");
}
