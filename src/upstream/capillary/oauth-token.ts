import type { Clock } from "../../platform/clock.ts";
import { makeSingleFlight } from "../../platform/single-flight.ts";

export interface GeneratedToken {
  token: string;
  ttlSeconds: number;
}

export interface OAuthToken {
  /** The token to send. `isNew` if it was asked for because of this call: then it is no use to ask for another. */
  current(): Promise<{ token: string; isNew: boolean }>;
  /** This token was not accepted; another that may have taken its place stays. */
  drop(token: string): void;
}

/** A new token is asked for when the old one has this much of its life left: it must outlive the call it is sent with. */
const SHARE_LEFT = 0.2;

/** Keeps a token for as long as it lives, and has one asked for by one caller only however many need it. */
export function makeOAuthToken(generate: () => Promise<GeneratedToken>, clock: Clock): OAuthToken {
  let kept: { token: string; renewAt: number } | null = null;
  const shareGenerating = makeSingleFlight<string>();

  return {
    async current() {
      if (kept && clock.now().getTime() < kept.renewAt) return { token: kept.token, isNew: false };
      const token = await shareGenerating("", async () => {
        const askedAt = clock.now().getTime();
        const { token, ttlSeconds } = await generate();
        kept = { token, renewAt: askedAt + ttlSeconds * 1_000 * (1 - SHARE_LEFT) };
        return token;
      });
      return { token, isNew: true };
    },
    drop(token) {
      if (kept?.token === token) kept = null;
    },
  };
}
