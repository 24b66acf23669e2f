import { z } from "zod";
import type { OrderStatus } from "../../domain/generated/words.ts";
import { maySee } from "../../domain/viewer.ts";
import { prizeKey } from "../../draws/index.ts";
import {
  type Connection,
  connectionFields,
  cursorPart,
  makeCursor,
  readPage,
  toPage,
} from "../../graphql/connection.ts";
import type { Context } from "../../graphql/context.ts";
import type { Resolvers } from "../../graphql/generated/resolvers.ts";
import { toGlobalId, uuidOf } from "../../graphql/global-id.ts";
import { translated } from "../../texts/index.ts";
import type { EarnedReward, HeldTicket } from "./history.store.ts";
import { ownExplanation } from "./own-explanation.ts";

const earnedCursor = z.tuple([cursorPart.instant, cursorPart.uuid]);
const ticketCursor = z.tuple([cursorPart.instant, cursorPart.text, cursorPart.int4]);

export type IsPrizeTaken = (order: { status: OrderStatus }) => boolean;

/** Resolves a customer's earned rewards. The resolver of `Customer` has checked the permission. */
export function historyResolvers({ isPrizeTaken }: { isPrizeTaken: IsPrizeTaken }): Resolvers {
  const isHolder = ({ customerId }: HeldTicket, { viewer }: Context) =>
    viewer.kind === "customer" && viewer.customerId === customerId;
  const prizeOf = ({ draw: { campaign }, prize }: HeldTicket) => campaign.prizes.find(({ id }) => id === prize);

  return {
    Customer: {
      async rewardHistory({ customerId }, args, { loaders }): Promise<Connection<EarnedReward>> {
        const bounds = readPage(args, earnedCursor);
        return {
          ...toPage(await loaders.earned.load({ customerId, ...bounds }), bounds),
          cursorOf: ({ createdAt, id }) => makeCursor([createdAt.toISOString(), id]),
          totalCount: () => loaders.earnedCount.load(customerId),
        };
      },
      rewardTotals: ({ customerId }, _, { loaders }) => loaders.rewardTotals.load(customerId),
      checkIn: ({ customerId }, _, { loaders }) => loaders.checkIn.load(customerId),
      async tickets({ customerId }, args, { loaders }): Promise<Connection<HeldTicket>> {
        const bounds = readPage(args, ticketCursor);
        return {
          ...toPage(await loaders.tickets.load({ customerId, ...bounds }), bounds),
          cursorOf: ({ issuedAt, drawId, number }) => makeCursor([issuedAt.toISOString(), drawId, number]),
          totalCount: () => loaders.ticketCount.load(customerId),
        };
      },
    },

    RewardHistoryEntry: {
      async __resolveReference({ id }, { viewer, loaders }) {
        const awardId = uuidOf("RewardAward", id);
        const award = awardId ? await loaders.award.load(awardId) : null;
        return award && maySee(viewer, award.customerId) ? award : null;
      },
      id: ({ id }) => toGlobalId("RewardAward", id),
      action: ({ explanation }) => explanation.facts.action,
      campaign: ({ explanation }) => explanation.rule.campaign,
      rule: ({ explanation }, args, context) => translated(explanation.rule.name, args, context),
      explanation: ownExplanation,
      earnedAt: ({ createdAt }) => createdAt,
      reward: ({ sku }, _, { loaders }) => (sku === null ? null : loaders.rewardBySku.load(sku)),
      order: ({ id, sku }, _, { loaders }) => (sku === null ? null : loaders.prizeOrder.load(id)),
      async claimable({ id, sku, state }, _, { loaders }) {
        if (sku === null || state !== "PENDING") return false;
        const order = await loaders.prizeOrder.load(id);
        return order === null || !isPrizeTaken(order);
      },
    },
    RewardHistoryConnection: connectionFields<EarnedReward>(),

    DrawTicket: {
      prizeId: ({ prize }) => prize,
      prizeName: (ticket, args, context) => translated(prizeOf(ticket)?.name ?? ticket.prize, args, context),
      won: (ticket) => prizeOf(ticket)?.kind !== "none",
      points(ticket) {
        const prize = prizeOf(ticket);
        return prize?.kind === "points" ? prize.points : null;
      },
      award: ({ drawId, number }, _, { loaders }) => loaders.awardByEffectKey.load(prizeKey(drawId, number)),
      holderId: (ticket, _, context) => (isHolder(ticket, context) ? ticket.holderId : null),
      secret: (ticket, _, context) => (isHolder(ticket, context) ? ticket.ticketSecret : null),
    },
    DrawTicketConnection: connectionFields<HeldTicket>(),
  };
}
