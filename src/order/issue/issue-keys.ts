import type { IssueKeys } from "../../upstream/capillary/issuing.ts";
import type { Issue } from "../order-aggregate.ts";

/** `ORD-…-1-2`, and `ORD-…-1-2.2` for a second try: each try can be told from the others, in our records and in theirs. */
export function keysOf({ transactionNumber, keyNumber }: Pick<Issue, "transactionNumber" | "keyNumber">): IssueKeys {
  const key = keyNumber === 1 ? transactionNumber : `${transactionNumber}.${keyNumber}`;
  return { requestId: key, transactionNumber: key };
}
