import { createHash } from "node:crypto";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import type { Tx } from "../platform/db.ts";

/** A request with an idempotency key. The key is bound to the actor, the mutation and the input. */
export interface IdempotentRequest {
  actor: string;
  mutation: "placeOrder" | "cancelOrder" | "reverseOrder" | "resolveOrder";
  key: string;
  /** The input without the key. */
  input: unknown;
}

const KEY = /^[^\p{C}\p{Z}]{8,128}$/u;

export function keyRefusal(key: string): Refused | null {
  if (KEY.test(key)) return null;
  const message = "An idempotency key has 8 to 128 characters, and no blanks.";
  return refused(refusal("INVALID_INPUT", message, ["input", "idempotencyKey"]));
}

/** An idempotency key that an earlier request has consumed. */
export interface UsedKey {
  orderId: string;
  /** Hexadecimal. */
  inputHash: string;
}

/**
 * @returns the order of an earlier, equal request; a refusal if the key was used for another request; null if the key
 * is new
 */
export async function replayOf(tx: Tx, request: IdempotentRequest): Promise<{ orderId: string } | Refused | null> {
  const { actor, mutation, key } = request;
  const used = await tx.idempotencyKey.findUnique({ where: { actor_mutation_key: { actor, mutation, key } } });
  return replay(request, used && { ...used, inputHash: Buffer.from(used.inputHash).toString("hex") });
}

/** Like `replayOf`, for a key that was read already. */
export function replay(request: IdempotentRequest, used: UsedKey | null): { orderId: string } | Refused | null {
  if (!used) return null;
  if (used.inputHash === inputHash(request).toString("hex")) return { orderId: used.orderId };
  return refused(
    refusal("IDEMPOTENCY_KEY_REUSED", "This idempotency key was used with another input. Use a new key.", [
      "input",
      "idempotencyKey",
    ]),
  );
}

/** Consumes the key, in the transaction of the change that the key identifies. */
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

/** Normalises an input: sorted keys, without null and absent fields. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== "object" || value instanceof Date) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => [name, canonical(inner)]),
  );
}
