import { z } from "zod";
import { awardsOf, readAward } from "../awards/award-model.ts";
import type { ResolveAward } from "../awards/credit/resolve-award.ts";
import { isRefused, type Refusal, type Refused, refusal, type refused } from "../domain/refusal.ts";
import { announcedDraws } from "../draws/announced-draw.ts";
import type { ManageDraws } from "../draws/manage-draws.ts";
import { givenOf } from "../draws/prize-of.ts";
import { awardName, isPrize } from "../feed/award-event.ts";
import {
  type Connection,
  connectionFields,
  cursorPart,
  makeCursor,
  pageSize,
  readCursor,
} from "../graphql/connection.ts";
import type { LinkMemberInput, LinkRejection, Resolvers, RewardAction } from "../graphql/generated/resolvers.ts";
import { NOWHERE, toGlobalId, uuidOf } from "../graphql/global-id.ts";
import { requireCustomer, requireOperator, requireService } from "../graphql/guards.ts";
import type { HashNik } from "../members/identity.ts";
import type { LinkMember } from "../members/link-member.ts";
import type { MoveAward, MoveMember } from "../members/move-member.ts";
import { readIdentities } from "../members/read-identities.ts";
import type { RewardAction as Action } from "../messages/message.ts";
import type { Problem } from "../messages/notes.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import { type Campaign, readCampaigns } from "../rules/campaigns.ts";
import { explain } from "../rules/explain.ts";
import type { ManageRules } from "../rules/manage-rules.ts";
import { newestRules, type RuleRow } from "../rules/rule.store.ts";
import { type DefinitionOf, type Multiplier, unitOf } from "../rules/rule.ts";
import type { CheckIn } from "./check-in.ts";
import { readOutcomes } from "./outcomes.ts";
import type { ProcessMessage } from "./process-message.ts";
import { makeQuarantinePages, type QuarantinedReward } from "./quarantine/quarantine.store.ts";
import type { RedriveReward } from "./quarantine/redrive-reward.ts";

export interface RewardProcessorResolversDeps {
  db: Db;
  clock: Clock;
  processMessage: ProcessMessage;
  checkIn: CheckIn;
  redriveReward: RedriveReward;
  linkMember: LinkMember;
  moveMember: MoveMember;
  moveAward: MoveAward;
  resolveAward: ResolveAward;
  manageRules: ManageRules;
  manageDraws: ManageDraws;
  hashNik: HashNik;
}

const words: Readonly<Record<Action, RewardAction>> = {
  register: "REGISTER",
  registerreferral: "REGISTER_REFERRAL",
  transactionpromo: "TRANSACTION_PROMO",
  transactionreferral: "TRANSACTION_REFERRAL",
  dailycheckin: "DAILY_CHECK_IN",
  luckydraw: "LUCKY_DRAW",
};

/** Each is a transaction, and a client waits no longer than some seconds. */
const MAX_LINKS = 500;
/** What a campaign says of one action; null where it is about another. */
const definitionOf = <A extends Action>(action: A, { definition }: Campaign) =>
  definition.action === action ? (definition as DefinitionOf<A>) : null;

const shownMultiplier = ({ name, basisPoints, weekdays, window }: Multiplier) => ({
  name,
  factor: basisPoints / 10_000,
  weekdays: weekdays ?? null,
  from: window ? new Date(window.from) : null,
  until: window?.until ? new Date(window.until) : null,
});

const cursorShape = z.tuple([cursorPart.instant, cursorPart.uuid]);

export function rewardProcessorResolvers(deps: RewardProcessorResolversDeps): Resolvers {
  const { db, clock, processMessage, manageRules } = deps;
  const quarantined = makeQuarantinePages(db);

  function link(input: LinkMemberInput, actor: string): ReturnType<LinkMember> | Refused {
    const identities = readIdentities(input, deps.hashNik);
    return isRefused(identities) ? identities : deps.linkMember({ customerId: input.customerId, identities, actor });
  }

  const refusals = (problems: readonly Problem[]): Refusal[] =>
    problems.length === 0
      ? []
      : [refusal("MESSAGE_REFUSED", "The message was refused: `problems` says why.", ["input", "payload"])];
  const rulePayload = (answer: RuleRow | ReturnType<typeof refused>) =>
    isRefused(answer) ? { rule: null, userErrors: answer.refusals } : { rule: answer, userErrors: [] };

  async function drawPayload(answer: { drawId: string } | ReturnType<typeof refused>) {
    if (isRefused(answer)) return { draw: null, userErrors: answer.refusals };
    const draws = await announcedDraws(db, [answer.drawId]);
    return { draw: draws.get(answer.drawId) ?? null, userErrors: [] };
  }

  return {
    Query: {
      rewardCampaigns: () => readCampaigns(db, clock.now()),
      rewardRules(_, __, context) {
        requireOperator(context);
        return newestRules(db);
      },
      simulateReward(_, { payload }, context) {
        requireOperator(context);
        return processMessage.simulate(payload);
      },
      async quarantinedRewards(_, { first, after, openOnly }, context) {
        requireOperator(context);
        const limit = pageSize(first);
        const from = readCursor(after, cursorShape);
        const wanted = { openOnly: openOnly ?? true };
        const rows = await quarantined.page(wanted, { limit: limit + 1, after: from });
        const connection: Connection<QuarantinedReward> = {
          nodes: rows.slice(0, limit),
          hasNextPage: rows.length > limit,
          hasPreviousPage: from !== null,
          cursorOf: ({ receivedAt, id }) => makeCursor([receivedAt.toISOString(), id]),
          totalCount: () => quarantined.count(wanted),
        };
        return connection;
      },
    },

    Mutation: {
      async checkIn(_, __, context) {
        const { customerId } = requireCustomer(context);
        const { messageId, date, replayed } = await deps.checkIn(customerId);
        const [outcomes, { streak }] = await Promise.all([
          readOutcomes(db, messageId),
          context.loaders.checkIn.clear(customerId).load(customerId),
        ]);
        const awards = outcomes.flatMap(awardsOf);
        return { date, streak, replayed, awards, customer: { customerId }, userErrors: [] };
      },

      async processReward(_, { input }, context) {
        const actor = requireService(context);
        const processed = await processMessage.process({ raw: input.payload, source: "GRAPHQL", actor });
        const { TicketId: ticketId } = processed.answer.data;
        if (!processed.accepted) {
          const { problems } = processed;
          const nothing = { ticketId: null, replayed: false, outcomes: [], normalisations: [] };
          return { ...nothing, problems, userErrors: refusals(problems) };
        }
        return {
          ticketId,
          replayed: processed.replayed,
          outcomes: await readOutcomes(db, processed.messageId),
          normalisations: processed.answer.data.normalisations ?? [],
          problems: [],
          userErrors: [],
        };
      },

      async redriveReward(_, { input }, context) {
        const actor = requireOperator(context);
        const id = uuidOf("QuarantinedReward", input.id) ?? NOWHERE;
        const answer = await deps.redriveReward({ id, payload: input.payload ?? null, actor });
        const quarantinedReward = await quarantined.byId(id);
        const nothing = { quarantinedReward, replayed: false, outcomes: [], problems: [] };
        if (isRefused(answer)) return { ...nothing, userErrors: answer.refusals };
        if ("problems" in answer) {
          return { ...nothing, problems: answer.problems, userErrors: refusals(answer.problems) };
        }
        const { messageId, replayed } = answer;
        const outcomes = await readOutcomes(db, messageId);
        return { quarantinedReward, replayed, outcomes, problems: [], userErrors: [] };
      },

      async linkMember(_, { input }, context) {
        const answer = await link(input, requireService(context));
        if (isRefused(answer)) return { awardsReleased: 0, userErrors: answer.refusals };
        return { awardsReleased: answer.awardsReleased, userErrors: [] };
      },

      async moveMember(_, { input }, context) {
        const operatorId = requireOperator(context);
        const { customerId, toCustomerId = null, note, ...ids } = input;
        const identities = readIdentities(ids, deps.hashNik);
        const answer = isRefused(identities)
          ? identities
          : await deps.moveMember({ customerId, toCustomerId, identities, note, operatorId });
        if (isRefused(answer)) return { awardsMoved: 0, awardsKept: 0, userErrors: answer.refusals };
        return { ...answer, userErrors: [] };
      },

      async linkMembers(_, { input }, context) {
        const actor = requireService(context);
        const report = {
          linked: 0,
          awardsReleased: 0,
          unknownCustomerIds: [] as string[],
          rejected: [] as LinkRejection[],
        };
        if (input.length > MAX_LINKS) {
          const message = `At most ${MAX_LINKS} at a time; found ${input.length}.`;
          return { ...report, userErrors: [refusal("INVALID_INPUT", message, ["input"])] };
        }
        const linkedIds = new Set<string>();
        for (const [index, each] of input.entries()) {
          const answer = await link(each, actor);
          if (isRefused(answer)) {
            const [{ code, message: reason }] = answer.refusals;
            report.rejected.push({ row: index + 1, code, reason });
            continue;
          }
          report.linked++;
          report.awardsReleased += answer.awardsReleased;
          linkedIds.add(answer.customerId);
        }
        const signedIn = await db.customer.findMany({ where: { customerId: { in: [...linkedIds] } } });
        for (const { customerId } of signedIn) linkedIds.delete(customerId);
        report.unknownCustomerIds = [...linkedIds];
        return { ...report, userErrors: [] };
      },

      async resolveAward(_, { input }, context) {
        const operatorId = requireOperator(context);
        const awardId = uuidOf("RewardAward", input.awardId) ?? NOWHERE;
        const { resolution, note } = input;
        if (!(await deps.resolveAward({ awardId, resolution, note, operatorId }))) {
          const message = "No such award waits for this answer.";
          return { award: null, userErrors: [refusal("NOTHING_TO_RESOLVE", message, ["input", "awardId"])] };
        }
        return { award: await readAward(db, awardId), userErrors: [] };
      },

      async moveAward(_, { input }, context) {
        const operatorId = requireOperator(context);
        const awardId = uuidOf("RewardAward", input.awardId) ?? NOWHERE;
        const { customerId, note } = input;
        const answer = await deps.moveAward({ awardId, customerId, note, operatorId });
        if (isRefused(answer)) return { award: null, userErrors: answer.refusals };
        return { award: await readAward(db, awardId), userErrors: [] };
      },

      createRewardRule: async (_, { input }, context) =>
        rulePayload(await manageRules.create(input, requireOperator(context))),
      reviseRewardRule: async (_, { input }, context) =>
        rulePayload(await manageRules.revise(input, requireOperator(context))),
      openLuckyDraw: async (_, { input }, context) =>
        drawPayload(await deps.manageDraws.open(input, requireOperator(context))),
      closeLuckyDraw: async (_, { input }, context) =>
        drawPayload(await deps.manageDraws.close(input.drawId, requireOperator(context))),
      retireRewardRule: async (_, { input }, context) =>
        rulePayload(await manageRules.retire(input.ruleId, requireOperator(context))),
    },

    RewardAward: {
      id: ({ id }) => toGlobalId("RewardAward", id),
      action: ({ explanation }) => words[explanation.facts.action],
      name: (award) => awardName(award, award.explanation),
      quantity: ({ quantity }) => Number(quantity),
      waitsForLink: ({ customerId }) => customerId === null,
      explanation: (award) =>
        isPrize(award) ? [`${awardName(award, award.explanation)}.`] : explain(award.explanation),
    },

    RewardOutcome: {
      awarded: ({ outcome }) => outcome === "AWARD",
      explanation: ({ explanation }) => explain(explanation),
      calculation: ({ explanation }) => JSON.stringify(explanation),
      awards: (outcome) => awardsOf(outcome),
    },

    RewardRule: {
      action: ({ action }) => words[action as Action],
      definition: ({ definition }) => JSON.stringify(definition, null, 2),
    },

    RewardCampaign: {
      id: ({ ruleId }) => ruleId,
      campaign: ({ definition }) => definition.campaign,
      name: ({ definition }) => definition.name,
      action: ({ definition }) => words[definition.action],
      unit: ({ definition }) => unitOf(definition),
      from: ({ definition: { window } }) => new Date(window.from),
      until: ({ definition: { window } }) => (window.until === null ? null : new Date(window.until)),
      newMembersWithinDays: ({ definition: { audience } }) =>
        audience.kind === "new-members" ? audience.withinDays : null,
      capPerDay: ({ definition }) => definition.caps.memberDay,
      capInTotal: ({ definition }) => definition.caps.memberTotal,
      pendingDays: ({ definition }) => definition.pendingDays,
      expiryDays: ({ definition }) => definition.expiryDays,
      points: (campaign) => definitionOf("register", campaign)?.points ?? null,
      friendLadder: (campaign) => definitionOf("registerreferral", campaign)?.ladder ?? null,
      friendGets: (campaign) => definitionOf("registerreferral", campaign)?.receiverPoints ?? null,
      purchaseRates: (campaign) =>
        definitionOf("transactionpromo", campaign)?.tiers.map(({ from, rate }) => ({ from, ...rate })) ?? null,
      minimumAmount: (campaign) => definitionOf("transactionpromo", campaign)?.minimumAmount ?? null,
      multipliers: (campaign) => definitionOf("transactionpromo", campaign)?.multipliers.map(shownMultiplier) ?? null,
      productPoints(campaign) {
        const points = definitionOf("transactionreferral", campaign)?.products.map((product) => product.points);
        return points ? { least: Math.min(...points), most: Math.max(...points) } : null;
      },
      checkInDays: (campaign) => definitionOf("dailycheckin", campaign)?.days ?? null,
      streakBonuses: (campaign) => definitionOf("dailycheckin", campaign)?.streakBonuses ?? null,
      freezes: ({ definition }) => (definition.action === "dailycheckin" ? (definition.freezes ?? 0) : null),
      amountPerTicket: (campaign) => definitionOf("luckydraw", campaign)?.amountPerTicket ?? null,
    },

    LuckyDraw: {
      id: ({ campaign }) => campaign.id,
      name: ({ campaign }) => campaign.name,
      seedCommit: ({ campaign }) => campaign.seedCommit,
      published: ({ campaign }) => `/draws/${campaign.id}.jsonl`,
      prizes: ({ campaign, given }) =>
        campaign.prizes.map((prize) => ({
          ...prize,
          left: prize.stock === null ? null : prize.stock - givenOf(given, prize.id),
        })),
    },

    QuarantinedReward: {
      id: ({ id }) => toGlobalId("QuarantinedReward", id),
      problems: ({ problems }) => problems as unknown as Problem[],
    },
    QuarantinedRewardConnection: connectionFields<QuarantinedReward>(),
  };
}
