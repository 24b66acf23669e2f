import type { BreakFragment, ReconciliationBreakState } from "../graphql/generated/graphql.ts";

/** The meaning of a class of breaks, in a sentence. */
export const classWords: Record<BreakFragment["class"], string> = {
  MOVEMENT_NOT_IN_LEDGER: "The provider's ledger does not have a movement that is confirmed here.",
  ENTRY_NOT_IN_BOOKS: "The provider's ledger has a movement of an order of ours that is not confirmed here.",
  AMOUNT_DIFFERS: "A movement or an award has another number of points at the provider.",
  OUTCOME_KNOWN: "A movement waits for an operator, and the provider's ledger shows its outcome.",
  AWARD_NOT_IN_LEDGER: "The provider's ledger does not have an award that is recorded as credited here.",
  CREDIT_NOT_IN_BOOKS: "The provider's ledger has a credit that is not recorded as credited here.",
  BALANCE_DIFFERS: "The points that a customer has spent changed by another number than our movements.",
  ISSUE_NOT_AT_CAPILLARY: "Capillary does not have a unit that is recorded as issued here.",
  ISSUAL_NOT_IN_BOOKS: "Capillary has issued a unit that is not recorded as issued here, or has issued it twice.",
  CODE_MISSING: "A voucher is fulfilled and has no code.",
  CODE_NOT_OWED: "A code is allocated to a unit that is not fulfilled.",
  STOCK_DIFFERS: "The stock of a voucher is not the number of codes that are left.",
  ORDER_UNBALANCED: "An order has kept more or fewer points than its fulfilled units cost.",
};

/** The label of a repair's button, and the description of its effect in the form. */
export const repairWords: Record<BreakFragment["repair"], { button: string; effect: string } | null> = {
  RETURN_POINTS: {
    button: "Return the points",
    effect: "The points are returned at the provider, under the order's number.",
  },
  SEND_RETURN_AGAIN: { button: "Send the return again", effect: "The return is sent again, exactly as it was sent." },
  CREDIT_AWARD: {
    button: "Credit the award",
    effect: "The credit is sent under the award's reference, which takes effect once.",
  },
  RESOLVE_MOVEMENT: {
    button: "Record the outcome",
    effect: "The outcome that the ledger shows is recorded. Points of a failed order are returned.",
  },
  RESOLVE_AWARD: { button: "Record the credit", effect: "The award is recorded as credited. Nothing is sent." },
  RESOLVE_ISSUE: {
    button: "Record the issue",
    effect: "The unit is recorded as issued by Capillary. Nothing is sent.",
  },
  REVOKE_ISSUAL: { button: "Have it taken back", effect: "Capillary is asked to take the issual back." },
  TAKE_BACK_UNIT: {
    button: "Take the unit back",
    effect: "The unit is recorded as taken back, and its points return.",
  },
  GIVE_CODE: { button: "Give a code", effect: "A code of the pool is allocated to the unit." },
  VOID_CODE: { button: "Make the code void", effect: "The code becomes void." },
  RECOUNT_STOCK: { button: "Count the stock", effect: "The stock is set to the number of codes that are left." },
  SETTLE_ORDER: { button: "Settle the order", effect: "The points of units that were not fulfilled return." },
  WRITE_OFF: null,
};

export const toneOfBreak = (state: ReconciliationBreakState) =>
  state === "OPEN" ? "bad" : state === "REPAIRING" ? "calm" : "good";
