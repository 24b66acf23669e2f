/** Rules of asking for one-time passwords; pure. */

import { isIPv6 } from "node:net";

export const OTP_LIFE_MS = 5 * 60 * 1_000;
export const OTP_TRIES = 3;
export const HOUR_MS = 60 * 60 * 1_000;
const FIRST_COOL_DOWN_MS = 30 * 1_000;

/** How long to wait before the next one, after `earlier` others within the hour: 30 s, 1 min, 2 min … */
export function coolDownMs(earlier: number): number {
  return Math.min(FIRST_COOL_DOWN_MS * 2 ** earlier, HOUR_MS);
}

/** When one more is allowed under a limit of `perHour`, given when the last ones were asked for; null is now. */
export function allowedAgainAt(askedAt: readonly Date[], perHour: number, now: Date): Date | null {
  const withinHour = askedAt
    .map((at) => at.getTime())
    .filter((at) => at > now.getTime() - HOUR_MS)
    .sort((a, b) => a - b);
  const oldestThatCounts = withinHour.at(-perHour);
  return oldestThatCounts === undefined ? null : new Date(oldestThatCounts + HOUR_MS);
}

/**
 * Whom a limit by network address is for: an IPv4 address, or the first 64 bits of an IPv6 address. The rest of those is
 * the caller's to choose, and a choice of 2^64 would be no limit.
 */
export function addressBlock(address: string): string {
  const ipv4 = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (ipv4 !== undefined || !isIPv6(address)) return ipv4 ?? address;
  const [before = [], after = []] = address.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  const groups = [...before, ...zeros, ...after].slice(0, 4);
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":");
}
