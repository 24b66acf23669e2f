import { createHash, randomBytes } from "node:crypto";

/** 32 bytes in small hex digits: a seed, or a SHA-256. */
export const hex32 = /^[0-9a-f]{64}$/;

/** A new draw's secret. It stays with the server until the draw is closed, and is published then. */
export const newSeed = (): string => randomBytes(32).toString("hex");

/**
 * What is published of a seed when the draw opens: SHA-256 over its 32 bytes, not over its hex digits. Anybody can check it
 * with `printf <seed> | xxd -r -p | sha256sum`.
 */
export const commitOf = (seed: string): string => createHash("sha256").update(Buffer.from(seed, "hex")).digest("hex");
