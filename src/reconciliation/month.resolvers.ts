import { isRefused } from "../domain/refusal.ts";
import { badUserInput } from "../graphql/errors.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { requireOperator } from "../graphql/guards.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import { closeMonth } from "./close-month.ts";
import { readLiability } from "./liability.ts";
import { MONTH, obstaclesOf, periodOf, readMonth } from "./month.ts";

const EARLIEST = "2000-01";

export function monthResolvers(deps: { db: Db; timeZone: string; clock: Clock }): Resolvers {
  const { db, timeZone, clock } = deps;
  return {
    Query: {
      settlementMonth(_, { month }, context) {
        requireOperator(context, "support");
        if (!MONTH.test(month) || month < EARLIEST) {
          throw badUserInput("month", `must be a month such as 2026-11, ${EARLIEST} or later`);
        }
        if (periodOf(month, timeZone).from > clock.now()) throw badUserInput("month", "must not be in the future");
        return readMonth(db, month, timeZone, clock.now());
      },
      liability(_, __, context) {
        requireOperator(context, "support");
        return readLiability(db, clock.now());
      },
    },

    Mutation: {
      async closeMonth(_, { input }, context) {
        const actor = requireOperator(context, "support");
        const answer = await closeMonth({ db, timeZone, now: clock.now() }, input, actor);
        return isRefused(answer) ? { month: null, userErrors: answer.refusals } : { month: answer, userErrors: [] };
      },
    },

    SettlementMonth: {
      closed: ({ month }) => db.closedMonth.findUnique({ where: { month } }),
      obstacles: async (month) =>
        (await db.closedMonth.count({ where: { month: month.month } })) > 0 ? [] : obstaclesOf(month, clock.now()),
    },
    ClosedMonth: {
      taken: ({ taken }) => Number(taken),
      returned: ({ returned }) => Number(returned),
      credited: ({ credited }) => Number(credited),
    },
  };
}
