import { isRefused, type Refused } from "../domain/refusal.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { requireOperator } from "../graphql/guards.ts";
import type { RewardAction as Action } from "../messages/message.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import { languageOf, translated } from "../texts/index.ts";
import { actionWords } from "./action-words.ts";
import { type Campaign, readCampaigns } from "./campaigns.ts";
import type { ManageRules } from "./manage-rules.ts";
import { newestRules, type RuleRow, toRule, versionsOf } from "./rule.store.ts";
import { type DefinitionOf, type Multiplier, unitOf } from "./rule.ts";

/** The definition of a campaign for one action; null for another action. */
const definitionOf = <A extends Action>(action: A, { definition }: Campaign) =>
  definition.action === action ? (definition as DefinitionOf<A>) : null;

const shownMultiplier = ({ name, basisPoints, weekdays, window }: Multiplier) => ({
  name,
  factor: basisPoints / 10_000,
  weekdays: weekdays ?? null,
  from: window ? new Date(window.from) : null,
  until: window?.until ? new Date(window.until) : null,
});

export type ShownMultiplier = ReturnType<typeof shownMultiplier>;

export function rulesResolvers({
  db,
  clock,
  manageRules,
}: {
  db: Db;
  clock: Clock;
  manageRules: ManageRules;
}): Resolvers {
  const rulePayload = (answer: RuleRow | Refused) =>
    isRefused(answer) ? { rule: null, userErrors: answer.refusals } : { rule: answer, userErrors: [] };

  return {
    Query: {
      rewardCampaigns: () => readCampaigns(db, clock.now()),
      rewardRules(_, __, context) {
        requireOperator(context, "rewards", "support");
        return newestRules(db);
      },
      rewardRuleVersions(_, { ruleId }, context) {
        requireOperator(context, "rewards", "support");
        return versionsOf(db, ruleId);
      },
    },

    Mutation: {
      createRewardRule: async (_, { input }, context) =>
        rulePayload(await manageRules.create(input, requireOperator(context, "rewards"))),
      reviseRewardRule: async (_, { input }, context) =>
        rulePayload(await manageRules.revise(input, requireOperator(context, "rewards"))),
      retireRewardRule: async (_, { input }, context) =>
        rulePayload(await manageRules.retire(input.ruleId, requireOperator(context, "rewards"))),
    },

    RewardRule: {
      action: ({ action }) => actionWords[action as Action],
      definition: ({ definition }) => JSON.stringify(definition, null, 2),
      budget: (row) => toRule(row).definition.caps.budget,
      budgetUsed: ({ ruleId }, _, { loaders }) => loaders.budgetUsed.load(ruleId),
    },

    PurchaseMultiplier: { name: ({ name }, args, context) => translated(name, args, context) },

    RewardCampaign: {
      id: ({ ruleId }) => ruleId,
      campaign: ({ definition }) => definition.campaign,
      name: ({ definition }, args, context) => translated(definition.name, args, context),
      nameLanguage: ({ definition }, args, context) => languageOf(definition.name, args, context),
      action: ({ definition }) => actionWords[definition.action],
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
  };
}
