import { randomUUID } from "node:crypto";
import { keyOf } from "../rules/key.ts";
import type { DrawnTicket } from "./draw.store.ts";

/** Points that a ticket has won: an award like any other, once a ticket. Null for a prize of another kind. */
export function prizeAward<Tickets extends { decisionId: string; memberId: string; customerId: string | null }>(
  { decisionId, memberId, customerId }: Tickets,
  drawId: string,
  { number, prize }: DrawnTicket,
  now: Date,
) {
  if (prize.kind !== "points") return null;
  return {
    id: randomUUID(),
    effectKey: keyOf("draw", drawId, number),
    decisionId,
    memberId,
    customerId,
    receiverId: null,
    role: "MEMBER",
    unit: "POINTS",
    quantity: prize.points,
    drawId,
    availableAt: now,
    expiresAt: null,
    state: "PENDING",
    createdAt: now,
    settledAt: null,
  } as const;
}
