import type { IssueKeys } from "../../upstream/capillary/issuing.ts";
import type { Issue } from "../order-aggregate.ts";

/** `ORD-…-1-2`, and `ORD-…-1-2.2` for a second try: the key identifies each try in our records and in Capillary's. */
export function keysOf({ transactionNumber, keyNumber }: Pick<Issue, "transactionNumber" | "keyNumber">): IssueKeys {
  const key = keyNumber === 1 ? transactionNumber : `${transactionNumber}.${keyNumber}`;
  return { requestId: key, transactionNumber: key };
}
