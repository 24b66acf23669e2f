import type { AttentionKind } from "../domain/generated/words.ts";
import { hasRole, operatorRoles, seesCustomers } from "../domain/operator-roles.ts";
import { isRefused, type Refused, refusal, refused } from "../domain/refusal.ts";
import { type Operator, seesAllCustomers } from "../domain/viewer.ts";
import { abortable } from "../graphql/abortable.ts";
import { MAX_PAGE } from "../graphql/connection.ts";
import type { Context } from "../graphql/context.ts";
import { badUserInput } from "../graphql/errors.ts";
import type { NoteSubject, Resolvers, OperatorRole as ShownRole } from "../graphql/generated/resolvers.ts";
import { type GlobalType, toGlobalId, uuidOf } from "../graphql/global-id.ts";
import { requireOperator } from "../graphql/guards.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import type { Logger } from "../platform/logger.ts";
import { localDateOf } from "../platform/time-zone.ts";
import { makeReadActivity } from "./activity.sql.ts";
import {
  type AttentionTimes,
  attentionKinds,
  readAttentionCounts,
  readAttentionItems,
  rolesOfAttention,
} from "./attention.sql.ts";
import type { Notes, Subject } from "./notes.ts";
import { search } from "./search.ts";
import { type AttentionReading, makeWatchAttention } from "./watch-attention.ts";

const MAX_HITS = 50;
const MAX_HOURS = 168;
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
  /** The interval between reads of the queues during a subscription. */
  watchEveryMs: number;
  log: Logger;
}

export function consoleResolvers({ db, clock, timeZone, notes, watchEveryMs, log }: ConsoleDeps): Resolvers {
  /** @throws FORBIDDEN for viewers who are not operators */
  function anyOperator(context: Context): Operator {
    requireOperator(context, ...operatorRoles);
    return context.viewer as Operator;
  }

  const readActivity = makeReadActivity(db);
  const timesAt = (now: Date): AttentionTimes => ({ now, today: localDateOf(now, timeZone) });
  const kindsOf = ({ roles }: Operator) => attentionKinds.filter((kind) => hasRole(roles, rolesOfAttention(kind)));
  const shown = ({ times, counts }: AttentionReading) => ({
    asOf: times.now,
    total: counts.reduce((sum, { count }) => sum + count, 0),
    queues: counts.map((queue) => ({ ...queue, times })),
  });
  const watch = makeWatchAttention({
    everyMs: watchEveryMs,
    async read() {
      const times = timesAt(clock.now());
      return { times, counts: await readAttentionCounts(db, attentionKinds, times) };
    },
    log,
  });

  function subjectOf({ orderId, customerId }: NoteSubject): Subject | Refused {
    if (customerId != null) return { customerId };
    const id = uuidOf("Order", orderId);
    return id ? { orderId: id } : refused(refusal("ORDER_NOT_FOUND", "Order not found.", ["input"]));
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
        const kinds = kindsOf(anyOperator(context));
        const times = timesAt(clock.now());
        return shown({ times, counts: await readAttentionCounts(db, kinds, times) });
      },

      activity(_, { hours }, context) {
        requireOperator(context, ...seesCustomers);
        if (hours < 1 || hours > MAX_HOURS) throw badUserInput("hours", `must be 1 to ${MAX_HOURS}, found ${hours}`);
        return readActivity(hours, clock.now());
      },
    },

    Subscription: {
      attention: {
        subscribe(_, __, context) {
          const kinds = kindsOf(anyOperator(context));
          return abortable((signal) => watch(kinds, signal), context.signal);
        },
        resolve: shown,
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
      notes: ({ id }, _, { viewer, loaders }) => (seesAllCustomers(viewer) ? loaders.notesOfOrder.load(id) : null),
      assignee: ({ id }, _, { viewer, loaders }) =>
        seesAllCustomers(viewer) ? loaders.assigneeOfOrder.load(id) : null,
    },
    Customer: {
      notes: ({ customerId }, _, { viewer, loaders }) =>
        seesAllCustomers(viewer) ? loaders.notesOfCustomer.load(customerId) : null,
      assignee: ({ customerId }, _, { viewer, loaders }) =>
        seesAllCustomers(viewer) ? loaders.assigneeOfCustomer.load(customerId) : null,
    },
  };
}
