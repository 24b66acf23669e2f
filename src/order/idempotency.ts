import { createHash } from "node:crypto";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import type { Tx } from "../platform/db.ts";

/** A client's promise that equal requests mean one: bound to who asks, what for, and with which input. */
export interface IdempotentRequest {
  actor: string;
  mutation: "placeOrder" | "cancelOrder" | "reverseOrder" | "resolveOrder";
  key: string;
  /** Everything in the input but the key. */
  input: unknown;
}

const KEY = /^[^\p{C}\p{Z}]{8,128}$/u;

export function keyRefusal(key: string): Refused | null {
  if (KEY.test(key)) return null;
  const message = "An idempotency key has 8 to 128 characters, and no blanks.";
  return refused(refusal("INVALID_INPUT", message, ["input", "idempotencyKey"]));
}

/** A key that an earlier request has used. */
export interface UsedKey {
  orderId: string;
  /** Hexadecimal. */
  inputHash: string;
}

/** The order an earlier, equal request led to; a refusal when the key was used for something else; null when it is new. */
export async function replayOf(tx: Tx, request: IdempotentRequest): Promise<{ orderId: string } | Refused | null> {
  const { actor, mutation, key } = request;
  const used = await tx.idempotencyKey.findUnique({ where: { actor_mutation_key: { actor, mutation, key } } });
  return replay(request, used && { ...used, inputHash: Buffer.from(used.inputHash).toString("hex") });
}

/** The same for a key that was read already. */
export function replay(request: IdempotentRequest, used: UsedKey | null): { orderId: string } | Refused | null {
  if (!used) return null;
  if (used.inputHash === inputHash(request).toString("hex")) return { orderId: used.orderId };
  return refused(
    refusal("IDEMPOTENCY_KEY_REUSED", "This idempotency key was used with another input. Make a new one.", [
      "input",
      "idempotencyKey",
    ]),
  );
}

/** Uses the key up, in the transaction that does what it was given for. */
export async function consumeKey(tx: Tx, request: IdempotentRequest, orderId: string, now: Date): Promise<void> {
  const { actor, mutation, key } = request;
  const hash = new Uint8Array(inputHash(request));
  await tx.idempotencyKey.create({ data: { actor, mutation, key, inputHash: hash, orderId, createdAt: now } });
}

export function inputHash({ input }: IdempotentRequest): Buffer {
  return createHash("sha256")
    .update(JSON.stringify(canonical(input)))
    .digest();
}

/** The same for inputs that mean the same: keys in order, what is null or absent left out. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== "object" || value instanceof Date) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => [name, canonical(inner)]),
  );
}
