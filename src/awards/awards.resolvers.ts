import { z } from "zod";
import { refusal } from "../domain/refusal.ts";
import { type Connection, connectionFields, cursorPart, makeCursor, readPage, toPage } from "../graphql/connection.ts";
import { badUserInput } from "../graphql/errors.ts";
import type { AwardState, Resolvers } from "../graphql/generated/resolvers.ts";
import { NO_UUID, toGlobalId, uuidOf } from "../graphql/global-id.ts";
import { requireOperator } from "../graphql/guards.ts";
import { countRows, inSequence, readRowIds } from "../graphql/row-pages.sql.ts";
import { type Db, Prisma } from "../platform/db.ts";
import { actionWords, explain } from "../rules/index.ts";
import { type AwardModel, awardName, isPrize, readAward, withExplanation } from "./award-model.ts";
import type { ResolveAward } from "./credit/resolve-award.ts";

const cursorShape = z.tuple([cursorPart.instant, cursorPart.uuid]);
const shownStates: readonly AwardState[] = ["NEEDS_ATTENTION", "UNCERTAIN", "REFUSED"];

/** @throws BAD_USER_INPUT for a state that needs no resolution */
function readState(state: AwardState | null | undefined): AwardState {
  const read = state ?? "NEEDS_ATTENTION";
  if (!shownStates.includes(read))
    throw badUserInput("state", `must be one of ${shownStates.join(", ")}, found ${read}`);
  return read;
}

export function awardsResolvers({ db, resolveAward }: { db: Db; resolveAward: ResolveAward }): Resolvers {
  return {
    Query: {
      async awardsToResolve(_, { state, customerId, ...args }, context) {
        requireOperator(context, "rewards", "support");
        const shown = readState(state);
        const bounds = readPage(args, cursorShape);
        const table = Prisma.sql`reward_awards`;
        const ofCustomer = customerId == null ? Prisma.empty : Prisma.sql`and customer_id = ${customerId}`;
        const where = Prisma.sql`unit = 'POINTS' and state = ${shown}::award_state ${ofCustomer}`;
        const ids = await readRowIds(db, { table, where, at: Prisma.sql`created_at`, oldestFirst: true }, bounds);
        const found = await db.rewardAward.findMany({ where: { id: { in: ids } }, include: { decision: true } });
        const connection: Connection<AwardModel> = {
          ...toPage(inSequence(ids, found).map(withExplanation), bounds),
          cursorOf: ({ createdAt, id }) => makeCursor([createdAt.toISOString(), id]),
          totalCount: () => countRows(db, Prisma.sql`${table} where ${where}`),
        };
        return connection;
      },
    },

    AwardToResolve: { award: (award) => award },
    AwardToResolveConnection: connectionFields<AwardModel>(),

    Mutation: {
      async resolveAward(_, { input }, context) {
        const operatorId = requireOperator(context, "support");
        const awardId = uuidOf("RewardAward", input.awardId) ?? NO_UUID;
        const { resolution, note } = input;
        if (!(await resolveAward({ awardId, resolution, note, operatorId }))) {
          const message = "No such award permits this resolution.";
          return { award: null, userErrors: [refusal("NOTHING_TO_RESOLVE", message, ["input", "awardId"])] };
        }
        return { award: await readAward(db, awardId), userErrors: [] };
      },
    },

    RewardAward: {
      id: ({ id }) => toGlobalId("RewardAward", id),
      action: ({ explanation }) => actionWords[explanation.facts.action],
      name: (award) => awardName(award, award.explanation),
      quantity: ({ quantity }) => Number(quantity),
      waitsForLink: ({ customerId }) => customerId === null,
      explanation: (award) =>
        isPrize(award) ? [`${awardName(award, award.explanation)}.`] : explain(award.explanation),
    },
  };
}
