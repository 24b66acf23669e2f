import { allowedAgainAt, latest } from "../otp-limits.ts";

/** Tries of one known browser within an hour. */
const PER_KNOWN_BROWSER = 10;
/** Tries for one name within an hour, from all browsers that the account is not known in. */
const PER_NAME = 30;

/** A try to sign in within the last hour that has not succeeded. */
export interface EarlierTry {
  createdAt: Date;
  isSameAddress: boolean;
  isSameName: boolean;
  /** The browser, if the account is known in it. */
  knownBrowser: "this" | "another" | null;
}

/**
 * When a browser may try again to sign in as a name; null is now. A browser in which the account has signed in before has a share of
 * its own, which nobody else can use up: strangers who guess do not lock the person out.
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
