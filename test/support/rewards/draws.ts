import type { DrawCampaign } from "../../../src/draws/draw-campaign.ts";
import { closeDraw, type DrawState, drawTicket, openDraw } from "../../../src/draws/draw-ticket.ts";
import { holderOf } from "../../../src/draws/holder.ts";
import { headerOf, type Ticket, toLine } from "../../../src/draws/published.ts";
import { commitOf } from "../../../src/draws/seed.ts";

export const seed = "5eed".repeat(16);

export const campaign: DrawCampaign = {
  id: "test-draw",
  name: "Test draw",
  seedCommit: commitOf(seed),
  prizes: [
    { id: "phone", name: "A phone", oddsPpm: 2_000, stock: 3, kind: "reward", sku: "PHONE" },
    { id: "bonus", name: "1000 points", oddsPpm: 50_000, stock: null, kind: "points", points: 1000 },
    { id: "small", name: "10 points", oddsPpm: 300_000, stock: 1_000, kind: "points", points: 10 },
    { id: "nothing", name: "Better luck next time", oddsPpm: 0, stock: null, kind: "none" },
  ],
  fallback: "nothing",
};

/** A draw with so many tickets, as played and as published. */
export function play(count: number, of: DrawCampaign = campaign, from = seed) {
  const tickets: Ticket[] = [];
  let state: DrawState = openDraw(of);
  for (let number = 1; number <= count; number += 1) {
    const drawn = drawTicket(of, from, state, {
      holder: holderOf(`${number % 7}`, seed),
      issuedAt: new Date(Date.UTC(2026, 2, 10) + number * 1000),
    });
    tickets.push(drawn.ticket);
    state = drawn.state;
  }
  const records = [headerOf(of), ...tickets, closeDraw(from, state)];
  return { tickets, state, lines: records.map(toLine), file: records.map(toLine).join("") };
}
