import type { AttentionKind } from "../domain/generated/words.ts";
import { hasRole, operatorRoles, seesCustomers } from "../domain/operator-roles.ts";
import { isRefused, type Refused, refusal, refused } from "../domain/refusal.ts";
import { type Operator, seesEverybody } from "../domain/viewer.ts";
import { MAX_PAGE } from "../graphql/connection.ts";
import type { Context } from "../graphql/context.ts";
import { badUserInput } from "../graphql/errors.ts";
import type { NoteSubject, Resolvers, OperatorRole as ShownRole } from "../graphql/generated/resolvers.ts";
import { type GlobalType, toGlobalId, uuidOf } from "../graphql/global-id.ts";
import { requireOperator } from "../graphql/guards.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import { localDateOf } from "../platform/time-zone.ts";
import { attentionKinds, readAttentionCounts, readAttentionItems, rolesOfAttention } from "./attention.sql.ts";
import type { Notes, Subject } from "./notes.ts";
import { search } from "./search.ts";

const MAX_HITS = 50;
const SEARCH_LENGTH = { least: 2, most: 100 };

const subjectTypes: Partial<Record<AttentionKind, GlobalType>> = {
  AWARD_UNSETTLED: "RewardAward",
  MESSAGE_QUARANTINED: "QuarantinedReward",
  RECONCILIATION_BREAK: "ReconciliationBreak",
};

export interface ConsoleDeps {
  db: Db;
  clock: Clock;
  /** The programme's. */
  timeZone: string;
  notes: Notes;
}

export function consoleResolvers({ db, clock, timeZone, notes }: ConsoleDeps): Resolvers {
  /** @throws FORBIDDEN for those who are no operator */
  function anyOperator(context: Context): Operator {
    requireOperator(context, ...operatorRoles);
    return context.viewer as Operator;
  }

  function subjectOf({ orderId, customerId }: NoteSubject): Subject | Refused {
    if (customerId != null) return { customerId };
    const id = uuidOf("Order", orderId);
    return id ? { orderId: id } : refused(refusal("ORDER_NOT_FOUND", "There is no such order.", ["input"]));
  }

  return {
    Query: {
      operator: (_, __, { viewer }) =>
        viewer.kind === "operator"
          ? {
              name: viewer.operatorId,
              roles: viewer.roles.map((role) => role.toUpperCase() as ShownRole),
              expiresAt: viewer.expiresAt ?? null,
            }
          : null,

      search(_, { text: written, first }, context) {
        const { roles } = anyOperator(context);
        const text = written.trim().replace(/\s+/g, " ");
        if (text.length < SEARCH_LENGTH.least || text.length > SEARCH_LENGTH.most || text.includes("\0")) {
          throw badUserInput("text", `must have ${SEARCH_LENGTH.least} to ${SEARCH_LENGTH.most} characters`);
        }
        if (first < 1 || first > MAX_HITS) throw badUserInput("first", `must be 1 to ${MAX_HITS}, found ${first}`);
        return search(db, roles, text, first);
      },

      async attention(_, __, context) {
        const { roles } = anyOperator(context);
        const now = clock.now();
        const times = { now, today: localDateOf(now, timeZone) };
        const kinds = attentionKinds.filter((kind) => hasRole(roles, rolesOfAttention(kind)));
        const counts = await readAttentionCounts(db, kinds, times);
        return {
          asOf: now,
          total: counts.reduce((sum, { count }) => sum + count, 0),
          queues: counts.map((queue) => ({ ...queue, times })),
        };
      },
    },

    Mutation: {
      async addNote(_, { input: { on, text } }, context) {
        const operatorId = requireOperator(context, ...seesCustomers);
        const subject = subjectOf(on);
        const note = isRefused(subject) ? subject : await notes.add(subject, text, operatorId);
        return isRefused(note) ? { note: null, userErrors: note.refusals } : { note, userErrors: [] };
      },
      async assign(_, { input: { to, assignee = null } }, context) {
        const operatorId = requireOperator(context, ...seesCustomers);
        const subject = subjectOf(to);
        const answer = isRefused(subject) ? subject : await notes.assign(subject, assignee, operatorId);
        return isRefused(answer) ? { assignee: null, userErrors: answer.refusals } : { ...answer, userErrors: [] };
      },
    },

    AttentionQueue: {
      items({ kind, count, times }, { first }) {
        if (first < 1 || first > MAX_PAGE) throw badUserInput("first", `must be 1 to ${MAX_PAGE}, found ${first}`);
        return count === 0 ? [] : readAttentionItems(db, kind, first, times);
      },
    },
    AttentionItem: {
      ageSeconds: ({ since }) => Math.max(0, Math.floor((clock.now().getTime() - since.getTime()) / 1_000)),
      order: ({ orderId }, _, { loaders }) => (orderId === null ? null : loaders.order.load(orderId)),
      reward: ({ rewardId }, _, { loaders }) => (rewardId === null ? null : loaders.reward.load(rewardId)),
      subjectId({ kind, subjectId }) {
        const type = subjectTypes[kind];
        return type && subjectId !== null ? toGlobalId(type, subjectId) : null;
      },
    },

    SearchHit: {
      order: ({ orderId }, _, { loaders }) => (orderId === null ? null : loaders.order.load(orderId)),
      customer: ({ customerId }) => (customerId === null ? null : { customerId }),
      reward: ({ rewardId }, _, { loaders }) => (rewardId === null ? null : loaders.reward.load(rewardId)),
    },

    OperatorNote: {
      at: ({ createdAt }) => createdAt,
    },

    Order: {
      notes: ({ id }, _, { viewer, loaders }) => (seesEverybody(viewer) ? loaders.notesOfOrder.load(id) : null),
      assignee: ({ id }, _, { viewer, loaders }) => (seesEverybody(viewer) ? loaders.assigneeOfOrder.load(id) : null),
    },
    Customer: {
      notes: ({ customerId }, _, { viewer, loaders }) =>
        seesEverybody(viewer) ? loaders.notesOfCustomer.load(customerId) : null,
      assignee: ({ customerId }, _, { viewer, loaders }) =>
        seesEverybody(viewer) ? loaders.assigneeOfCustomer.load(customerId) : null,
    },
  };
}
