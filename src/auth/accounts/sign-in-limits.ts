import { allowedAgainAt, latest } from "../otp-limits.ts";

/** Failed tries of one known browser within an hour. */
const PER_KNOWN_BROWSER = 10;
/** Failed tries for one name within an hour, from all browsers unknown to the account. */
const PER_NAME = 30;

/** A failed or unfinished sign-in within the last hour. */
export interface EarlierTry {
  createdAt: Date;
  isSameAddress: boolean;
  isSameName: boolean;
  /** The browser, if it is known to the account. */
  knownBrowser: "this" | "another" | null;
}

/**
 * The earliest time of the next sign-in to a name; null means now. A browser known to the account has an allowance of
 * its own, so that an attacker's guesses do not lock the owner out.
 *
 * @param perAddress tries of one network address within an hour, for all names
 */
export function signInAgainAt(
  tries: readonly EarlierTry[],
  { isKnownBrowser, perAddress, now }: { isKnownBrowser: boolean; perAddress: number; now: Date },
): Date | null {
  const timesOf = (isCounted: (earlier: EarlierTry) => boolean) => tries.filter(isCounted).map((t) => t.createdAt);
  if (isKnownBrowser) {
    const own = timesOf(({ isSameName, knownBrowser }) => isSameName && knownBrowser === "this");
    return latest([allowedAgainAt(own, PER_KNOWN_BROWSER, now)], now);
  }
  const ofStrangers = timesOf(({ isSameName, knownBrowser }) => isSameName && knownBrowser === null);
  const ofAddress = timesOf(({ isSameAddress, knownBrowser }) => isSameAddress && knownBrowser === null);
  return latest([allowedAgainAt(ofStrangers, PER_NAME, now), allowedAgainAt(ofAddress, perAddress, now)], now);
}
