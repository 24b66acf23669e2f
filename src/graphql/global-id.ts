import { z } from "zod";

/** Types that have a global id. */
export type GlobalType =
  | "Customer"
  | "Wallet"
  | "GroupWallet"
  | "Reward"
  | "Cart"
  | "CartLine"
  | "Order"
  | "OrderLine"
  | "Movement"
  | "Discrepancy"
  | "Voucher"
  | "PoolVoucher"
  | "SavedAddress"
  | "PushSubscription"
  | "WalletEntry"
  | "RewardAward"
  | "QuarantinedReward"
  | "ReconciliationRun"
  | "ReconciliationBreak"
  | "WebhookDelivery";

const uuid = z.uuid();

/** A database id that no row has, used for unknown global ids. */
export const NO_UUID = "00000000-0000-0000-0000-000000000000";

export function toGlobalId(type: GlobalType, localId: string): string {
  return Buffer.from(`${type}:${localId}`).toString("base64url");
}

/**
 * Null for an id in a foreign format, which counts as unknown. GraphQL does not check the ids of federated references.
 */
export function fromGlobalId(globalId: unknown): { type: string; localId: string } | null {
  if (typeof globalId !== "string") return null;
  const text = Buffer.from(globalId, "base64url").toString("utf8");
  const separator = text.indexOf(":");
  if (separator < 1 || text.includes("\0")) return null;
  return { type: text.slice(0, separator), localId: text.slice(separator + 1) };
}

/** The database id behind a global id of this type, or null. */
export function uuidOf(type: GlobalType, globalId: unknown): string | null {
  const parsed = fromGlobalId(globalId);
  return parsed?.type === type && uuid.safeParse(parsed.localId).success ? parsed.localId : null;
}

/** The customer id behind a Customer's or Wallet's global id, or null. */
export function customerIdOf(type: "Customer" | "Wallet", globalId: unknown): string | null {
  const parsed = fromGlobalId(globalId);
  return parsed?.type === type && parsed.localId.length > 0 ? parsed.localId : null;
}

/** A text key of a federated reference; null for any other type, because GraphQL does not check references. */
export const textOf = (key: unknown): string | null => (typeof key === "string" && key !== "" ? key : null);

/** The number behind a GroupWallet's global id, or null. */
export function groupIdOf(globalId: unknown): string | null {
  const parsed = fromGlobalId(globalId);
  return parsed?.type === "GroupWallet" && parsed.localId.length > 0 ? parsed.localId : null;
}
