import { z } from "zod";
import { isRefused } from "../domain/refusal.ts";
import { seesAllCustomers } from "../domain/viewer.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { toGlobalId } from "../graphql/global-id.ts";
import { requireOperator, requireOperatorAndPerson } from "../graphql/guards.ts";
import type { Clock } from "../platform/clock.ts";
import { type ReversalRequests, requestNotFound } from "./reversal-requests.ts";
import type { ReverseOrder } from "./reverse-order.ts";

const isUuid = (text: string) => z.uuid().safeParse(text).success;

/** Reversals and cancellations that a second person has to approve. */
export function reversalResolvers(deps: {
  reverseOrder: Pick<ReverseOrder, "approve">;
  reversalRequests: Pick<ReversalRequests, "refuse">;
  clock: Clock;
}): Resolvers {
  const { reverseOrder, reversalRequests, clock } = deps;
  return {
    Mutation: {
      async approveReversal(_, { input: { requestId } }, context) {
        const by = requireOperatorAndPerson(context, "orders");
        const answer = isUuid(requestId) ? await reverseOrder.approve({ requestId, by }) : requestNotFound();
        if (isRefused(answer)) return { order: null, replayed: false, userErrors: answer.refusals };
        const { orderId, replayed, request = null, userErrors = [] } = answer;
        return { order: await context.loaders.order.load(orderId), replayed, request, userErrors };
      },

      async refuseReversal(_, { input: { requestId, note = null } }, context) {
        const operatorId = requireOperator(context, "orders");
        const answer = isUuid(requestId)
          ? await reversalRequests.refuse({ requestId, note, operatorId })
          : requestNotFound();
        return isRefused(answer) ? { userErrors: answer.refusals } : { request: answer, userErrors: [] };
      },
    },

    Order: {
      reversalRequests: ({ id }, _, { viewer, loaders }) =>
        seesAllCustomers(viewer) ? loaders.reversalRequests.load(id) : null,
    },

    ReturnPreview: {
      needsApproval: ({ needsApproval = false }) => needsApproval,
    },

    ReversalRequest: {
      lineIds: ({ lineIds }) => lineIds.map((id) => toGlobalId("OrderLine", id)),
      points: ({ points }) => Number(points),
      state: ({ state, expiresAt }) => (state === "OPEN" && expiresAt <= clock.now() ? "EXPIRED" : state),
      async order({ orderId }, _, { loaders }) {
        const order = await loaders.order.load(orderId);
        if (!order) throw new Error(`order ${orderId} of a reversal request is missing`);
        return order;
      },
    },
  };
}
