import type { BreakFragment, ReconciliationBreakState } from "../graphql/generated/graphql.ts";

/** The meaning of a class of breaks, in a sentence. */
export const classDescriptions: Record<BreakFragment["class"], string> = {
  MOVEMENT_NOT_IN_LEDGER: "A movement is confirmed here, but is not in the provider's ledger.",
  ENTRY_NOT_IN_BOOKS: "A movement of one of our orders is in the provider's ledger, but is not confirmed here.",
  AMOUNT_DIFFERS: "A movement or an award has a different number of points at the provider.",
  OUTCOME_KNOWN: "A movement is waiting for an operator, and the provider's ledger shows its outcome.",
  AWARD_NOT_IN_LEDGER: "An award is recorded as credited here, but is not in the provider's ledger.",
  CREDIT_NOT_IN_BOOKS: "A credit is in the provider's ledger, but is not recorded here.",
  BALANCE_DIFFERS: "The points spent by a customer changed by a different number than our movements show.",
  ISSUE_NOT_AT_CAPILLARY: "A unit is recorded as issued here, but was not issued by Capillary.",
  ISSUAL_NOT_IN_BOOKS: "Capillary issued a unit that is not recorded as issued here, or issued it twice.",
  CODE_MISSING: "A fulfilled voucher has no code.",
  CODE_NOT_OWED: "A code is allocated to a unit that is not fulfilled.",
  STOCK_DIFFERS: "The stock of a voucher differs from the number of available codes.",
  ORDER_UNBALANCED: "The points deducted for an order differ from the price of its fulfilled units.",
};

/** The label of a repair's button, and the description of its effect in the form. */
export const repairTexts: Record<BreakFragment["repair"], { button: string; effect: string } | null> = {
  RETURN_POINTS: {
    button: "Return the points",
    effect: "The points are returned at the provider under the order number.",
  },
  SEND_RETURN_AGAIN: { button: "Send the return again", effect: "The same return request is sent again." },
  CREDIT_AWARD: {
    button: "Credit the award",
    effect: "The credit is sent under the award's reference, so it takes effect only once.",
  },
  RESOLVE_MOVEMENT: {
    button: "Record the outcome",
    effect: "The outcome that the ledger shows is recorded. Points of a failed order are returned.",
  },
  RESOLVE_AWARD: { button: "Record the credit", effect: "The award is recorded as credited. No request is sent." },
  RESOLVE_ISSUE: {
    button: "Record the issue",
    effect: "The unit is recorded as issued by Capillary. No request is sent.",
  },
  REVOKE_ISSUAL: { button: "Request a revoke", effect: "A revoke of the issued reward is requested from Capillary." },
  TAKE_BACK_UNIT: {
    button: "Reverse the unit",
    effect: "The unit is recorded as reversed, and its points are returned.",
  },
  GIVE_CODE: { button: "Allocate a code", effect: "A code from the pool is allocated to the unit." },
  VOID_CODE: { button: "Void the code", effect: "The code can no longer be used." },
  RECOUNT_STOCK: { button: "Set the stock", effect: "The stock is set to the number of available codes." },
  SETTLE_ORDER: { button: "Settle the order", effect: "The points of units that were not fulfilled are returned." },
  WRITE_OFF: null,
};

export const toneOfBreak = (state: ReconciliationBreakState) =>
  state === "OPEN" ? "bad" : state === "REPAIRING" ? "calm" : "good";
