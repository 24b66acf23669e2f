import { applyCustomerView, isShipped } from "../catalog/index.ts";
import { refusal } from "../domain/refusal.ts";
import type { Cart, CartLine, CartProblem } from "./cart.ts";
import { pointsOf } from "./cart.ts";
import type { CartFacts } from "./cart-facts.ts";
import { type CartFunding, fundingOf, fundingProblems, walletsOf } from "./cart-funding.ts";
import { lineProblems } from "./line-problems.ts";

export interface CartAssessment {
  total: number;
  funding: CartFunding[];
  problems: CartProblem[];
}

/**
 * Computes the funding of a cart and all problems that prevent its order. The cart page, the dry run and the order
 * share this evaluation.
 */
export function assessCart(cart: Pick<Cart, "lines">, facts: CartFacts): CartAssessment {
  const lines = cart.lines.map((line) => asOfNow(line, facts));
  const funding = walletsOf(lines).map((wallet) => fundingOf(wallet, lines, facts));
  const problems = [
    ...lines.flatMap((line) => lineProblems(line, lines, facts)),
    ...funding.flatMap((wallet) => fundingProblems(wallet, facts)),
  ];
  if (facts.hasAddress === false && lines.some((line) => isShipped(line.reward))) {
    const refusal = addressRequired();
    problems.push({ code: "ADDRESS_REQUIRED", line: null, message: refusal.message, refusal });
  }
  return { total: pointsOf(lines), funding, problems };
}

export const addressRequired = () =>
  refusal("ADDRESS_REQUIRED", "Merchandise needs a shipping address.", ["input", "shippingAddress"]);

/**
 * The line with Capillary's current view of its reward. An order uses the stored reward, so a difference becomes a
 * problem.
 */
export function asOfNow(line: CartLine, { capillary }: Pick<CartFacts, "capillary">): CartLine {
  const shown = applyCustomerView(line.reward, capillary.views.get(line.reward.id));
  if (shown === line.reward) return line;
  const points = line.reward.points === line.seenPoints ? shown.points : line.reward.points;
  return { ...line, reward: { ...shown, points } };
}
