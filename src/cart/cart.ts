import type { IndividualLedger } from "../catalog/mirror/mirrored-reward.ts";
import type { Reward } from "../catalog/reward.ts";
import type { Refusal } from "../domain/refusal.ts";
import type { CartProblemCode, WalletKind } from "../graphql/generated/resolvers.ts";
import type { CapillaryFacts } from "./capillary-facts.ts";

export const MAX_QUANTITY = 100;
export const MAX_LINES = 50;

export interface Cart {
  id: string;
  customerId: string;
  version: number;
  lines: CartLine[];
}

export interface CartLine {
  id: string;
  reward: Reward;
  quantity: number;
  /** The price the customer last saw and accepted. */
  seenPoints: number;
  payWith: WalletKind;
  /** The group that pays, by Capillary's number; null where the customer does. */
  groupId: string | null;
}

/** What has to be known beside the cart to say whether it can be ordered. */
export interface CartFacts {
  /** What the customer's own wallet can spend; null while it cannot be read. */
  available: number | null;
  /** What open orders are about to take from groups; those without are 0. */
  heldByGroup: ReadonlyMap<string, number>;
  capillary: CapillaryFacts;
  /** Where the customer's own points are. */
  ledger: IndividualLedger;
  /** Units the customer has already redeemed, by reward; those without are 0. */
  alreadyRedeemed: ReadonlyMap<string, number>;
  now: Date;
  /** Undefined while it is not yet asked for. */
  hasAddress?: boolean;
}

export interface CartProblem {
  code: CartProblemCode;
  line: CartLine | null;
  message: string;
  /** The same problem as the refusal that placing the order would give. */
  refusal: Refusal;
}

export const linePoints = (line: CartLine) => line.reward.points * line.quantity;
export const pointsOf = (lines: readonly CartLine[]) => lines.reduce((sum, line) => sum + linePoints(line), 0);
export const isSameWallet = (a: Pick<CartLine, "payWith" | "groupId">, b: Pick<CartLine, "payWith" | "groupId">) =>
  a.payWith === b.payWith && a.groupId === b.groupId;
