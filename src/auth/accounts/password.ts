import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { makeBulkhead } from "../../platform/lanes.ts";

/** Parameters of scrypt. */
export interface HashCost {
  N: number;
  r: number;
  p: number;
}
/** The recommendation of OWASP's password storage cheat sheet for 32 MiB of memory. */
export const HASH_COST: HashCost = { N: 2 ** 15, r: 8, p: 3 };
const MAX_MEMORY_BYTES = 64 * 1024 * 1024;
const HASH_BYTES = 32;
const SALT_BYTES = 16;
/** A hash takes 32 MiB and about 0.2 s of a core, so the number of concurrent computations is limited. */
const hashing = makeBulkhead({ atOnce: 2, maxWaiting: 100 });

const MIN_LENGTH = 12;
export const MAX_PASSWORD = 200;

/** The reason why a password is not acceptable; null if it is. */
export function passwordProblem(password: string, name: string): string | null {
  if (password.length < MIN_LENGTH) return `The password must have at least ${MIN_LENGTH} characters.`;
  if (password.length > MAX_PASSWORD) return `The password must have at most ${MAX_PASSWORD} characters.`;
  if (password.toLowerCase().includes(name)) return "The password must not contain your name.";
  if (new Set(password).size < 5) return "The password must have at least five different characters.";
  return null;
}

/** @returns the hash with its salt and parameters, as text @throws Busy if too many are in computation */
export async function hashPassword(password: string, cost: HashCost): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, cost);
  return storedHash(cost, salt.toString("base64url"), hash.toString("base64url"));
}

const storedHash = ({ N, r, p }: HashCost, salt: string, hash: string) => ["scrypt", N, r, p, salt, hash].join("$");

/**
 * @param stored the hash; null, for unknown names, takes the time of a hash of `cost`, so that the response time does not reveal
 * them, and returns false
 * @throws Busy if too many are in computation
 */
export async function isPassword(password: string, stored: string | null, cost: HashCost): Promise<boolean> {
  const [, N, r, p, salt = "", hash = ""] = (stored ?? storedHash(cost, "A".repeat(22), "A".repeat(43))).split("$");
  const expected = Buffer.from(hash, "base64url");
  const found = await derive(password, Buffer.from(salt, "base64url"), { N: Number(N), r: Number(r), p: Number(p) });
  return timingSafeEqual(found, expected) && stored !== null;
}

/** Two keyboards may encode the same characters as different code points; NFKC makes them equal. */
function derive(password: string, salt: Buffer, cost: HashCost): Promise<Buffer> {
  return hashing.run(
    () =>
      new Promise<Buffer>((resolve, reject) => {
        const options = { ...cost, maxmem: MAX_MEMORY_BYTES };
        scrypt(password.normalize("NFKC"), salt, HASH_BYTES, options, (error, hash) =>
          error ? reject(error) : resolve(hash),
        );
      }),
  );
}
