import { z } from "zod";
import { awardsOf } from "../awards/index.ts";
import { hasRole } from "../domain/operator-roles.ts";
import { isRefused, type Refusal, refusal } from "../domain/refusal.ts";
import { type Connection, connectionFields, cursorPart, makeCursor, readPage, toPage } from "../graphql/connection.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { NO_UUID, toGlobalId, uuidOf } from "../graphql/global-id.ts";
import { requireCustomer, requireOperator, requireService } from "../graphql/guards.ts";
import type { Problem } from "../messages/notes.ts";
import type { Db } from "../platform/db.ts";
import { explain } from "../rules/index.ts";
import type { CheckIn } from "./check-in.ts";
import { readOutcomes } from "./outcomes.ts";
import type { ProcessMessage } from "./process-message.ts";
import { makeQuarantinePages, type QuarantinedReward } from "./quarantine/quarantine.store.ts";
import type { RedriveReward } from "./quarantine/redrive-reward.ts";

export interface IntakeResolversDeps {
  db: Db;
  processMessage: ProcessMessage;
  checkIn: CheckIn;
  redriveReward: RedriveReward;
}

const cursorShape = z.tuple([cursorPart.instant, cursorPart.uuid]);

export function intakeResolvers(deps: IntakeResolversDeps): Resolvers {
  const { db, processMessage } = deps;
  const quarantined = makeQuarantinePages(db);

  const refusals = (problems: readonly Problem[]): Refusal[] =>
    problems.length === 0
      ? []
      : [refusal("MESSAGE_REFUSED", "The message was refused: `problems` has the reasons.", ["input", "payload"])];

  return {
    Query: {
      simulateReward(_, { payload }, context) {
        requireOperator(context, "rewards", "support");
        return processMessage.simulate(payload);
      },
      async quarantinedRewards(_, { openOnly, ...args }, context) {
        requireOperator(context, "rewards", "support");
        const bounds = readPage(args, cursorShape);
        const wanted = { openOnly: openOnly ?? true };
        const connection: Connection<QuarantinedReward> = {
          ...toPage(await quarantined.page(wanted, bounds), bounds),
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
        const actor = requireService(context, "rewards");
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
        const actor = requireOperator(context, "rewards", "support");
        const id = uuidOf("QuarantinedReward", input.id) ?? NO_UUID;
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
    },

    RewardOutcome: {
      awarded: ({ outcome }) => outcome === "AWARD",
      explanation: ({ explanation }) => explain(explanation),
      calculation: ({ explanation }) => JSON.stringify(explanation),
      awards: (outcome) => awardsOf(outcome),
    },

    QuarantinedReward: {
      __resolveReference({ id }, { viewer }) {
        const messageId = uuidOf("QuarantinedReward", id);
        const maySee = viewer.kind === "operator" && hasRole(viewer.roles, ["rewards", "support"]);
        return messageId && maySee ? quarantined.byId(messageId) : null;
      },
      id: ({ id }) => toGlobalId("QuarantinedReward", id),
      problems: ({ problems }) => problems as unknown as Problem[],
    },
    QuarantinedRewardConnection: connectionFields<QuarantinedReward>(),
  };
}
