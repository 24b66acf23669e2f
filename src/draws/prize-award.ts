import { randomUUID } from "node:crypto";
import { keyOf } from "../platform/key.ts";
import type { DrawnTicket } from "./draw.store.ts";

/** The effect key of a ticket's prize. */
export const prizeKey = (drawId: string, ticketNumber: number) => keyOf("draw", drawId, ticketNumber);

/**
 * The award for a ticket's prize, once for each ticket. Points are credited; a reward waits to be claimed. Null for the
 * empty prize.
 */
export function prizeAward<Tickets extends { decisionId: string; memberId: string; customerId: string | null }>(
  { decisionId, memberId, customerId }: Tickets,
  drawId: string,
  { number, prize }: Pick<DrawnTicket, "number" | "prize">,
  now: Date,
) {
  if (prize.kind === "none") return null;
  const won =
    prize.kind === "points"
      ? { unit: "POINTS" as const, quantity: prize.points, sku: null }
      : { unit: "REWARD" as const, quantity: 1, sku: prize.sku };
  return {
    id: randomUUID(),
    effectKey: prizeKey(drawId, number),
    decisionId,
    memberId,
    customerId,
    receiverId: null,
    role: "MEMBER",
    ...won,
    drawId,
    availableAt: now,
    expiresAt: null,
    state: "PENDING",
    settledAt: null,
  } as const;
}
