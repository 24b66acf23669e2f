/** Rules of asking for one-time passwords; pure. */

import ipaddr from "ipaddr.js";

export const OTP_LIFE_MS = 5 * 60 * 1_000;
export const OTP_TRIES = 3;
export const HOUR_MS = 60 * 60 * 1_000;
export const DAY_MS = 24 * HOUR_MS;
const FIRST_COOL_DOWN_MS = 30 * 1_000;

/** Messages that a customer may be sent, whoever asks. The share is kept for browsers that have signed in as the customer. */
const CUSTOMER_BUDGETS = [
  { withinMs: HOUR_MS, most: 10, keptForKnown: 4 },
  { withinMs: DAY_MS, most: 20, keptForKnown: 8 },
];
/** Passwords of one customer that may wait to be verified at a time, without those of known browsers. */
const MAX_OPEN = 3;

/** How long to wait before the next one, after `earlier` others within the hour: 30 s, 1 min, 2 min … */
export function coolDownMs(earlier: number): number {
  return Math.min(FIRST_COOL_DOWN_MS * 2 ** earlier, HOUR_MS);
}

/** When one more is allowed under a limit of `most` within a time, given when the last ones were asked for; null is now. */
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
  const oldestThatCounts = counted.at(-most);
  return oldestThatCounts === undefined ? null : new Date(oldestThatCounts + withinMs);
}

/** A password of a customer that was asked for within the last day. */
export interface AskedBefore {
  createdAt: Date;
  resendAfter: Date;
  isOwn: boolean;
  isKnownDevice: boolean;
  /** Null once it can no longer be verified. */
  openUntil: Date | null;
}

/**
 * When a requester may ask for a password of a customer; null is now. Nobody is kept waiting by what others asked for, but by the
 * budgets of the customer, and those leave a share to known browsers.
 *
 * @param perHour how many one requester may ask for
 */
export function askAgainAt(
  before: readonly AskedBefore[],
  { isKnownDevice, perHour, now }: { isKnownDevice: boolean; perHour: number; now: Date },
): Date | null {
  const timesOf = (which: readonly AskedBefore[]) => which.map(({ createdAt }) => createdAt);
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

/** The latest of these moments, as far as they are in the future. */
export function latest(waits: readonly (Date | null)[], now: Date): Date | null {
  const future = waits.filter((until): until is Date => until !== null && until > now);
  return future.length === 0 ? null : new Date(Math.max(...future.map(Number)));
}

/**
 * Whom a limit by network address is for: an IPv4 address, or the first 64 bits of an IPv6 address. The rest of those is
 * the caller's to choose, and a choice of 2^64 would be no limit.
 */
export function addressBlock(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === "ipv4") return parsed.toString();
  const { parts } = parsed as ipaddr.IPv6;
  return parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(":");
}
