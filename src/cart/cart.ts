import type { Reward } from "../catalog/index.ts";
import type { CartProblemCode, WalletKind } from "../domain/generated/words.ts";
import type { Refusal } from "../domain/refusal.ts";

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
  /** The price that the customer last saw and accepted. */
  seenPoints: number;
  payWith: WalletKind;
  /** The paying group, by Capillary's number; null if the customer pays. */
  groupId: string | null;
}

export interface CartProblem {
  code: CartProblemCode;
  line: CartLine | null;
  message: string;
  /** The refusal that placing the order would return for this problem. */
  refusal: Refusal;
}

export const linePoints = (line: CartLine) => line.reward.points * line.quantity;
export const pointsOf = (lines: readonly CartLine[]) => lines.reduce((sum, line) => sum + linePoints(line), 0);
export const isSameWallet = (a: Pick<CartLine, "payWith" | "groupId">, b: Pick<CartLine, "payWith" | "groupId">) =>
  a.payWith === b.payWith && a.groupId === b.groupId;
