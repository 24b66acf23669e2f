import { sha256OfHex, toHex } from "./hashes.ts";

/** 32 bytes in lower-case hex digits: a seed, or a SHA-256. */
export const hex32 = /^[0-9a-f]{64}$/;

/** A new draw's secret. It stays on the server until the draw is closed, and is then published. */
export const newSeed = (): string => toHex(crypto.getRandomValues(new Uint8Array(32)));

/**
 * The commitment to a seed, published at the opening: SHA-256 over its 32 bytes, not over its hex digits. Anybody can
 * check it with `printf <seed> | xxd -r -p | sha256sum`.
 */
export const commitOf = (seed: string): string => sha256OfHex(seed);
