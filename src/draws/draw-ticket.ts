import type { DrawCampaign } from "./draw-campaign.ts";
import { type Awarded, prizeOf, withAward } from "./prize-of.ts";
import { hashOfTicket, headerOf, type Reveal, type Ticket } from "./published.ts";
import { rollOf } from "./roll.ts";

/** The state of a draw: plain JSON in one row, which is locked while the next ticket is made. */
export interface DrawState {
  /** The number of issued tickets. The next ticket gets the next number, so numbers have no gap. */
  tickets: number;
  /** The hash of the newest ticket; of the header before the first ticket. */
  lastHash: string;
  given: Awarded;
}

export const openDraw = (campaign: DrawCampaign): DrawState => ({
  tickets: 0,
  lastHash: headerOf(campaign).hash,
  given: {},
});

/**
 * Makes the next ticket and the state after it. Both belong in one transaction: a reused state duplicates a number and
 * perhaps a prize, and a lost state leaves a gap.
 *
 * @param holder `holderOf` the member
 */
export function drawTicket(
  campaign: DrawCampaign,
  seed: string,
  state: DrawState,
  { holder, issuedAt }: { holder: string; issuedAt: Date },
): { ticket: Ticket; state: DrawState } {
  const number = state.tickets + 1;
  const roll = rollOf(seed, campaign.id, number);
  const { hit, prize } = prizeOf(campaign, roll, state.given);
  const unsealed = { type: "ticket", number, holder, issuedAt: issuedAt.toISOString(), roll, hit, prize } as const;
  const hash = hashOfTicket(state.lastHash, unsealed);
  const given = withAward(state.given, prize);
  return { ticket: { ...unsealed, hash }, state: { tickets: number, lastHash: hash, given } };
}

/** The data published at the closing of a draw. */
export const closeDraw = (seed: string, { tickets, lastHash }: DrawState): Reveal => ({
  type: "reveal",
  seed,
  tickets,
  lastHash,
});
