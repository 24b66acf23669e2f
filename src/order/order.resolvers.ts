import type DataLoader from "dataloader";
import { z } from "zod";
import type { SessionStore } from "../auth/index.ts";
import { seesCustomers } from "../domain/operator-roles.ts";
import { readOrderNumber } from "../domain/order-number.ts";
import { isRefused, type Refused, refusal, refused } from "../domain/refusal.ts";
import { maySee, seesAllCustomers } from "../domain/viewer.ts";
import { abortable } from "../graphql/abortable.ts";
import { type Connection, connectionFields, cursorPart, makeCursor, readPage, toPage } from "../graphql/connection.ts";
import type { Context } from "../graphql/context.ts";
import { badUserInput, unauthenticated } from "../graphql/errors.ts";
import type { CustomerOrdersArgs, OrderFilter, Resolvers } from "../graphql/generated/resolvers.ts";
import { NO_UUID, textOf, toGlobalId, uuidOf } from "../graphql/global-id.ts";
import { requireCustomer, requireOperator, requireOperatorAndPerson } from "../graphql/guards.ts";
import type { Clock } from "../platform/clock.ts";
import { rewardText } from "../texts/index.ts";
import { type CancelOrder, type ChangedOrder, cancellableUnits, orderNotFound } from "./cancel-order.ts";
import type { ClaimPrize } from "./claim-prize.ts";
import { keyRefusal } from "./idempotency.ts";
import { keysOf } from "./issue/issue-keys.ts";
import type { OrderLoaders } from "./order.loaders.ts";
import type { OrderEvent, OrderStore } from "./order.store.ts";
import type { Order } from "./order.ts";
import { isFinal } from "./order-status.ts";
import type { PlaceOrder } from "./place-order.ts";
import { hasOpenMovement } from "./points-state.ts";
import type { ResolveOrder } from "./resolve-order.ts";
import type { ReturnPreview } from "./return-preview.ts";
import type { ReturnRequests } from "./return-requests.ts";
import type { RevealVoucher } from "./reveal-voucher.ts";
import type { ReverseOrder } from "./reverse-order.ts";
import {
  isInFuture,
  MAX_REPORT_TEXT,
  REPORT_TEXT_TOO_LONG,
  shipmentNotFound,
  type UpdateShipment,
} from "./update-shipment.ts";
import type { WatchOrder } from "./watch-order.ts";

export interface OrderDeps {
  orders: OrderStore;
  sessions: SessionStore;
  placeOrder: PlaceOrder;
  claimPrize: ClaimPrize;
  cancelOrder: CancelOrder;
  reverseOrder: ReverseOrder;
  resolveOrder: ResolveOrder;
  updateShipment: UpdateShipment;
  revealVoucher: RevealVoucher;
  returnRequests: ReturnRequests;
  watchOrder: WatchOrder;
  clock: Clock;
}

const cursorShape = z.tuple([cursorPart.instant, cursorPart.uuid]);

export function orderResolvers(deps: OrderDeps): Resolvers {
  const { orders, sessions, clock } = deps;

  async function list(owner: { customerId?: string }, args: CustomerOrdersArgs): Promise<Connection<Order>> {
    const bounds = readPage(args, cursorShape);
    const query = { ...owner, ...(args.filter && { filter: readFilter(args.filter) }) };
    return {
      ...toPage(await orders.page(query, bounds), bounds),
      cursorOf: (order) => makeCursor([order.placedAt.toISOString(), order.id]),
      totalCount: () => orders.count(query),
    };
  }

  /** The order of a global id, if the viewer may see it. Unknown orders and orders of others give the same answer. */
  async function visible(
    globalId: string,
    { viewer, loaders }: Pick<Context<OrderLoaders>, "viewer" | "loaders">,
  ): Promise<Order | null> {
    const orderId = uuidOf("Order", globalId);
    const order = orderId ? await loaders.order.load(orderId) : null;
    return order && maySee(viewer, order.customerId) ? order : null;
  }

  async function visibleByNumber(
    text: string,
    { viewer, loaders }: Pick<Context<OrderLoaders>, "viewer" | "loaders">,
  ): Promise<Order | null> {
    const number = readOrderNumber(text);
    const order = number === null ? null : await loaders.orderByNumber.load(number);
    return order && maySee(viewer, order.customerId) ? order : null;
  }

  const load = async <Row>(rows: DataLoader<string, Row | null>, id: string | null): Promise<Row | null> =>
    id === null ? null : rows.load(id);

  /** A part of an order, if the viewer may see the order. */
  async function ofVisible<Part extends { orderId: string }>(
    { viewer, loaders }: Pick<Context<OrderLoaders>, "viewer" | "loaders">,
    parts: DataLoader<string, Part | null>,
    id: string | null,
  ): Promise<Part | null> {
    const part = await load(parts, id);
    const order = part && (await loaders.order.load(part.orderId));
    return order && maySee(viewer, order.customerId) ? part : null;
  }

  const refusedPayload = ({ refusals }: Refused) => ({ order: null, replayed: false, userErrors: refusals });
  async function changed(answer: ChangedOrder | Refused, { loaders }: Context<OrderLoaders>) {
    if (isRefused(answer)) return refusedPayload(answer);
    const { orderId } = answer;
    loaders.order.clear(orderId);
    loaders.orderAggregate.clear(orderId);
    const order = answer.order ?? (await loaders.order.load(orderId));
    if (answer.order) loaders.order.prime(orderId, answer.order);
    return { order, replayed: answer.replayed, request: answer.request ?? null, userErrors: answer.userErrors ?? [] };
  }

  const previewed = (answer: ReturnPreview | Refused) =>
    isRefused(answer) ? refusedPayload(answer) : { order: null, replayed: false, preview: answer, userErrors: [] };

  async function ofLine(lineId: string, answer: { orderId: string } | Refused, { loaders }: Context<OrderLoaders>) {
    if (isRefused(answer)) return { orderLine: null, userErrors: answer.refusals };
    loaders.order.clear(answer.orderId);
    loaders.returnRequest.clear(lineId);
    return { orderLine: await loaders.orderLine.load(lineId), userErrors: [] };
  }

  return {
    Query: {
      order(_, { id, number }, context) {
        if (context.viewer.kind === "anonymous") throw unauthenticated();
        if ((id == null) === (number == null)) throw badUserInput("id", "give either id or number");
        return number == null ? visible(id ?? "", context) : visibleByNumber(number, context);
      },
      orders(_, args, context) {
        requireOperator(context, ...seesCustomers);
        return list({}, args);
      },
    },

    Customer: {
      orders({ customerId }, args, context) {
        const { openDiscrepancies, customerId: filteredBy, assignee } = args.filter ?? {};
        if (openDiscrepancies != null || filteredBy != null || assignee != null)
          requireOperator(context, ...seesCustomers);
        return list({ customerId }, args);
      },
    },

    Mutation: {
      async placeOrder(_, { input }, context) {
        const { customerId, sessionId } = requireCustomer(context);
        const clientToken = await sessions.clientToken(sessionId);
        if (clientToken === null) throw unauthenticated();
        const answer = await deps.placeOrder({ customerId, clientToken }, input);
        if (isRefused(answer)) return refusedPayload(answer);
        if (answer.kind === "preview") {
          return { order: null, replayed: false, preview: answer.assessment, userErrors: answer.wouldRefuse };
        }
        context.loaders.openCart.clear(customerId);
        return changed(answer, context);
      },

      async claimPrize(_, { input }, context) {
        const { customerId } = requireCustomer(context);
        const awardId = uuidOf("RewardAward", input.awardId) ?? NO_UUID;
        const { shippingAddress } = input;
        return changed(await deps.claimPrize({ awardId, customerId, shippingAddress }), context);
      },

      async cancelOrder(_, { input }, context) {
        const by =
          context.viewer.kind === "operator"
            ? requireOperatorAndPerson(context, "orders")
            : { customerId: requireCustomer(context).customerId };
        const orderId = uuidOf("Order", input.orderId);
        if (!orderId) return refusedPayload(orderNotFound());
        const badKey = keyRefusal(input.idempotencyKey);
        if (badKey) return refusedPayload(badKey);
        const lineIds = input.lineIds?.map((id) => uuidOf("OrderLine", id) ?? id) ?? null;
        if (input.dryRun) return previewed(await deps.cancelOrder.preview({ orderId, lineIds, by }));
        const { idempotencyKey } = input;
        return changed(await deps.cancelOrder.cancel({ orderId, lineIds, by, idempotencyKey }), context);
      },

      async reverseOrder(_, { input }, context) {
        const by = requireOperatorAndPerson(context, "orders");
        const orderId = uuidOf("Order", input.orderId);
        if (!orderId) return refusedPayload(orderNotFound());
        const lineIds = input.lineIds?.map((id) => uuidOf("OrderLine", id) ?? id) ?? null;
        const badKey = keyRefusal(input.idempotencyKey);
        if (badKey) return refusedPayload(badKey);
        if (input.dryRun) return previewed(await deps.reverseOrder.preview({ orderId, lineIds }));
        const { reason, idempotencyKey } = input;
        const note = input.note ?? null;
        return changed(
          await deps.reverseOrder.reverse({ orderId, lineIds, reason, note, by, idempotencyKey }),
          context,
        );
      },

      async resolveOrder(_, { input }, context) {
        const operatorId = requireOperator(context, "orders", "support");
        const orderId = uuidOf("Order", input.orderId);
        if (!orderId) return refusedPayload(orderNotFound());
        const movementId = input.movementId == null ? null : (uuidOf("Movement", input.movementId) ?? input.movementId);
        const discrepancyId =
          input.discrepancyId == null ? null : (uuidOf("Discrepancy", input.discrepancyId) ?? NO_UUID);
        const { outcome, note, idempotencyKey, transactionId = null } = input;
        const answer = await deps.resolveOrder({
          orderId,
          movementId,
          discrepancyId,
          outcome,
          transactionId,
          note,
          operatorId,
          idempotencyKey,
        });
        return changed(answer, context);
      },

      async updateShipment(_, { input }, context) {
        const operatorId = requireOperator(context, "orders");
        const orderId = uuidOf("Order", input.orderId);
        const lineId = uuidOf("OrderLine", input.lineId);
        if (!orderId) return refusedPayload(orderNotFound());
        if (!lineId) return refusedPayload(shipmentNotFound());
        const { status, carrier = null, trackingNumber = null } = input;
        const invalid = (field: string, problem: string) =>
          refusedPayload(refused(refusal("INVALID_INPUT", `${field}: ${problem}`, ["input", field])));
        for (const [field, text] of Object.entries({ carrier, trackingNumber })) {
          if (text !== null && text.length > MAX_REPORT_TEXT) return invalid(field, REPORT_TEXT_TOO_LONG);
        }
        const occurredAt = input.occurredAt ?? clock.now();
        if (isInFuture(occurredAt, clock.now())) return invalid("occurredAt", "is in the future");
        const report = { orderId, lineId, status, carrier, trackingNumber, occurredAt, operatorId };
        const answer = await deps.updateShipment(report);
        return changed(isRefused(answer) ? answer : { orderId, replayed: false }, context);
      },

      async requestReturn(_, { input }, context) {
        const { customerId } = requireCustomer(context);
        const lineId = uuidOf("OrderLine", input.orderLineId) ?? NO_UUID;
        const { reason, note = null } = input;
        return ofLine(lineId, await deps.returnRequests.request({ lineId, customerId, reason, note }), context);
      },

      async withdrawReturn(_, { input }, context) {
        const { customerId } = requireCustomer(context);
        const lineId = uuidOf("OrderLine", input.orderLineId) ?? NO_UUID;
        return ofLine(lineId, await deps.returnRequests.withdraw({ lineId, customerId }), context);
      },

      async declineReturn(_, { input: { orderLineId, answer } }, context) {
        const operatorId = requireOperator(context, "orders");
        const lineId = uuidOf("OrderLine", orderLineId) ?? NO_UUID;
        return ofLine(lineId, await deps.returnRequests.decline({ lineId, operatorId, answer }), context);
      },

      async revealVoucher(_, { input }, context) {
        const { customerId, sessionId } = requireCustomer(context);
        const lineId = uuidOf("OrderLine", input.orderLineId);
        if (!lineId) {
          return {
            vouchers: [],
            userErrors: [refusal("LINE_NOT_FOUND", "Order line not found.", ["input", "orderLineId"])],
          };
        }
        const answer = await deps.revealVoucher({ lineId, customerId, sessionId });
        return isRefused(answer) ? { vouchers: [], userErrors: answer.refusals } : { ...answer, userErrors: [] };
      },
    },

    Subscription: {
      orderStatus: {
        async subscribe(_, { orderId: globalId, afterSeq }, context) {
          const { viewer, signal: serverSignal } = context;
          if (viewer.kind === "anonymous") throw unauthenticated();
          if (afterSeq != null && afterSeq < 0) throw badUserInput("afterSeq", "must not be negative");
          const orderId = uuidOf("Order", globalId);
          const maySeeOf = (customerId: string) => maySee(viewer, customerId);
          const authorise = async () => {
            if (viewer.kind === "customer" && !(await sessions.live(viewer.sessionId))) throw unauthenticated();
          };
          const wanted = { afterSeq: afterSeq ?? undefined, maySee: maySeeOf, authorise };
          return abortable(async (signal) => {
            const events = orderId && (await deps.watchOrder({ ...wanted, orderId, signal }));
            if (!events) throw badUserInput("orderId", "there is no such order");
            return events;
          }, serverSignal);
        },
        resolve: (event: OrderEvent) => event,
      },
    },

    Order: {
      async __resolveReference(reference, context) {
        if ("id" in reference) return visible(reference.id, context);
        const number = textOf(reference.number);
        return number === null ? null : visibleByNumber(number, context);
      },
      id: ({ id }) => toGlobalId("Order", id),
      customer: ({ customerId }) => ({ customerId }),
      prize: ({ awardId }, _, { loaders }) => (awardId === null ? null : loaders.award.load(awardId)),
      lines: ({ id }, _, { loaders }) => loaders.orderLines.load(id),
      pointsTrail: ({ id }, _, { loaders }) => loaders.movements.load(id),
      history: ({ id }, _, { loaders }) => loaders.orderEvents.load(id),
      discrepancies: ({ id }, _, { viewer, loaders }) =>
        seesAllCustomers(viewer) ? loaders.discrepancies.load(id) : null,
      settled: async ({ id, status }, _, { loaders }) =>
        isFinal(status) && !hasOpenMovement(await loaders.movements.load(id)),
      async cancellable({ id, status }, _, { loaders }) {
        if (isFinal(status)) return false;
        const aggregate = await loaders.orderAggregate.load(id);
        return aggregate !== null && cancellableUnits(aggregate).length > 0;
      },
    },

    OrderLine: {
      __resolveReference: ({ id }, context) => ofVisible(context, context.loaders.orderLine, uuidOf("OrderLine", id)),
      id: ({ id }) => toGlobalId("OrderLine", id),
      reward: ({ rewardId }, _, { loaders }) => loaders.reward.load(rewardId),
      name: ({ rewardId, name }, args, context) => rewardText({ id: rewardId, name }, "name", args, context),
      points: ({ unitPoints, quantity }) => unitPoints * quantity,
      async cancellable({ id, orderId, status }, _, { loaders }) {
        if (isFinal(status)) return false;
        const aggregate = await loaders.orderAggregate.load(orderId);
        return aggregate !== null && cancellableUnits(aggregate, [id]).length > 0;
      },
      returnRequest: ({ id }, _, { loaders }) => loaders.returnRequest.load(id),
      groupWallet: ({ groupId }, _, { loaders }) => (groupId === null ? null : loaders.group.load({ groupId })),
      vouchers: ({ id }, _, { loaders }) => loaders.vouchers.load(id),
      issues: ({ id }, _, { viewer, loaders }) => (seesAllCustomers(viewer) ? loaders.issues.load(id) : null),
      async shipment({ id, orderId }, _, { loaders }) {
        const [shipment, order] = await Promise.all([loaders.shipment.load(id), loaders.order.load(orderId)]);
        return shipment && order?.shippingAddress ? { ...shipment, address: order.shippingAddress } : null;
      },
    },

    UnitIssue: {
      requestId: (issue) => keysOf(issue).requestId,
      points: ({ points }) => Number(points),
      pointsTaken: ({ pointsTaken }) => (pointsTaken === null ? null : Number(pointsTaken)),
      upstreamCodes: ({ lastCodes }) => lastCodes,
      upstreamMessage: ({ lastError }) => lastError,
      revokeMessage: ({ revokeError }) => revokeError,
    },

    OrderStatusEvent: {
      orderId: ({ orderId }) => toGlobalId("Order", orderId),
      lineId: ({ lineId }) => (lineId ? toGlobalId("OrderLine", lineId) : null),
      async order({ orderId }, _, { loaders }) {
        const order = await loaders.order.load(orderId);
        if (!order) throw new Error(`order ${orderId} of an event is gone`);
        return order;
      },
    },

    PointsReturn: {
      lineIds: ({ lineIds }) => lineIds.map((id) => toGlobalId("OrderLine", id)),
      groupWallet: ({ groupId }, _, { loaders }) => (groupId === null ? null : loaders.group.load({ groupId })),
    },

    PointsMovement: {
      __resolveReference: ({ id }, context) => ofVisible(context, context.loaders.movement, uuidOf("Movement", id)),
      id: ({ id }) => toGlobalId("Movement", id),
      groupWallet: ({ groupId }, _, { loaders }) => (groupId === null ? null : loaders.group.load({ groupId })),
      lineIds: ({ lineIds }) => lineIds.map((id) => toGlobalId("OrderLine", id)),
      upstreamReference: ({ reference }) => reference,
    },

    Discrepancy: {
      __resolveReference: ({ id }, { viewer, loaders }) =>
        viewer.kind === "operator" ? load(loaders.discrepancy, uuidOf("Discrepancy", id)) : null,
      id: ({ id }) => toGlobalId("Discrepancy", id),
      movementId: ({ movementId }) => (movementId ? toGlobalId("Movement", movementId) : null),
      lineId: ({ lineId }) => (lineId ? toGlobalId("OrderLine", lineId) : null),
    },

    Voucher: {
      async __resolveReference({ id }, context) {
        const voucher = await load(context.loaders.voucher, uuidOf("Voucher", id));
        const line = voucher && (await ofVisible(context, context.loaders.orderLine, voucher.lineId));
        return line && voucher;
      },
      id: ({ id }) => toGlobalId("Voucher", id),
      validUntil: ({ validUntil }) => dayOf(validUntil),
    },
    RevealedVoucher: {
      id: ({ id }) => toGlobalId("Voucher", id),
      validUntil: ({ validUntil }) => dayOf(validUntil),
    },

    OrderConnection: connectionFields<Order>(),
  };
}

/** Null for an unknown reward: no order matches. */
const readFilter = ({ rewardId, ...filter }: OrderFilter) => ({
  ...filter,
  ...(rewardId != null && { rewardId: uuidOf("Reward", rewardId) ?? NO_UUID }),
});

const dayOf = (day: Date | null) => day?.toISOString().slice(0, 10) ?? null;
