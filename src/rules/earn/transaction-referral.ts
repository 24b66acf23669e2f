import type { EventOf } from "../reward-event.ts";
import type { DefinitionOf } from "../rule.ts";
import { type Earned, earnedBy } from "./earned.ts";

/** The sharer's award for a purchase by a referred member. Each line is evaluated separately. */
export function earnTransactionReferral(
  { products }: DefinitionOf<"transactionreferral">,
  { sharerId, receiverId, productId }: EventOf<"transactionreferral">,
): Earned {
  if (sharerId === receiverId) return { steps: [], skip: { reason: "SELF_REFERRAL" } };
  const product = products.find((each) => each.productId === productId);
  if (!product) return { steps: [], skip: { reason: "PRODUCT_NOT_LISTED", productId } };
  return earnedBy(sharerId, [{ step: "product", side: "SHARER", productId, result: product.points }], "SHARER");
}
