import { isRefused, type Refused } from "../domain/refusal.ts";

/** The payload of a mutation: the refusals as `userErrors`, or the fields of the answer without any. */
export const payloadOf = <Answer extends object>(answer: Answer | Refused) =>
  isRefused(answer) ? { userErrors: answer.refusals } : { ...answer, userErrors: [] };
