import { sha256OfHex, toHex } from "./hashes.ts";

/** 32 bytes in small hex digits: a seed, or a SHA-256. */
export const hex32 = /^[0-9a-f]{64}$/;

/** A new draw's secret. It stays with the server until the draw is closed, and is published then. */
export const newSeed = (): string => toHex(crypto.getRandomValues(new Uint8Array(32)));

/**
 * What is published of a seed when the draw opens: SHA-256 over its 32 bytes, not over its hex digits. Anybody can check it
 * with `printf <seed> | xxd -r -p | sha256sum`.
 */
export const commitOf = (seed: string): string => sha256OfHex(seed);
