import type { Clock } from "../../platform/clock.ts";
import { makeSingleFlight } from "../../platform/single-flight.ts";

export interface GeneratedToken {
  token: string;
  ttlSeconds: number;
}

export interface OAuthToken {
  /** The token to send. `isNew` if this call caused its request: another request would not help. */
  current(): Promise<{ token: string; isNew: boolean }>;
  /** Drops a rejected token, unless another token has already replaced it. */
  drop(token: string): void;
}

/** A token is renewed this long before its expiry, so that it outlives the call. */
const SHARE_LEFT = 0.2;

/** Caches a token until its expiry. Concurrent callers share one token request. */
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
