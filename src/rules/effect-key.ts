import { keyOf } from "../platform/key.ts";
import type { RewardEvent } from "./reward-event.ts";
import type { Rule } from "./rule.ts";

/** The side of an event that an award goes to. */
export type Role = "MEMBER" | "SHARER" | "RECEIVER";

/**
 * The unique key of an award: an event that arrives twice, in any envelope, has the same key and is awarded once. The key
 * does not contain the version, so a new version of a rule repeats no award.
 *
 * | action              | once                          | made of                                                     |
 * |---------------------|-------------------------------|-------------------------------------------------------------|
 * | register            | per member and campaign       | campaign, member                                            |
 * | registerreferral    | in the referred person's life | receiver, side                                              |
 * | transactionpromo    | per transaction               | slot, member, transaction: reference, else instant, amount and occurrence |
 * | transactionreferral | per product of a transaction  | slot, sharer, receiver, product, transaction: reference, else instant and occurrence |
 * | dailycheckin        | per local date                | slot, member, local date                                    |
 * | luckydraw           | per transaction               | slot, member, transaction: reference, else instant, amount and occurrence |
 *
 * The slot of a stackable rule is the rule. Exclusive rules share a slot, so the unique index permits only one of their
 * awards, even if priorities have changed between two deliveries.
 */
export function effectKey({ id, definition }: Rule, event: RewardEvent, role: Role): string {
  const slot = definition.stacking === "exclusive" ? "exclusive" : `rule:${id}`;
  switch (event.action) {
    case "register":
      return keyOf("register", definition.campaign, event.memberId);
    case "registerreferral":
      return keyOf("registerreferral", event.receiverId, role.toLowerCase());
    case "transactionpromo":
    case "luckydraw":
      return keyOf(event.action, slot, event.memberId, ...transaction(event, event.amount));
    case "transactionreferral":
      return keyOf(
        "transactionreferral",
        slot,
        event.sharerId,
        event.receiverId ?? "",
        event.productId,
        ...transaction(event, "-"),
      );
    case "dailycheckin":
      return keyOf("dailycheckin", slot, event.memberId, event.localDate);
  }
}

function transaction(
  { reference, at, occurrence }: { reference: string | null; at: Date; occurrence: number },
  amount: number | "-",
): (string | number)[] {
  return reference === null ? ["at", at.toISOString(), amount, occurrence] : ["reference", reference];
}

/** The sides of an event. */
export const rolesOf = (event: RewardEvent): readonly Role[] => {
  if (event.action === "registerreferral") return ["RECEIVER", "SHARER"];
  return event.action === "transactionreferral" ? ["SHARER"] : ["MEMBER"];
};
