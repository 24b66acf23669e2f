import { randomUUID } from "node:crypto";
import type { SessionStore } from "../auth/index.ts";
import type { UncachedQueries, VoucherVault } from "../catalog/index.ts";
import type { Config } from "../config/config.ts";
import type { Viewer } from "../domain/viewer.ts";
import { makeAttempt } from "../ledger/attempt.ts";
import { makeReadBalance } from "../ledger/read-balance.ts";
import type { RetryPolicies } from "../ledger/retry-policies.ts";
import type { Metrics } from "../observability/metrics.ts";
import { type Cipher, makeCipher } from "../platform/cipher.ts";
import type { Clock } from "../platform/clock.ts";
import type { AtCrashPoint } from "../platform/crash-point.ts";
import type { Db } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import { makeHeadPoll } from "../platform/head-poll.ts";
import type { JobQueue } from "../platform/jobs/job.ts";
import type { Logger } from "../platform/logger.ts";
import type { Capillary } from "../upstream/capillary/capillary.ts";
import type { ClientPoints } from "../upstream/client-points/client-points.ts";
import { adoptOrders, dropOldEngine } from "./adopt-orders.ts";
import { makeCancelOrder } from "./cancel-order.ts";
import { makeClaimPrize } from "./claim-prize.ts";
import { makeCreateOrder } from "./create-order.ts";
import { makeFulfilRewards } from "./fulfil-rewards.ts";
import { makeReceiveReport } from "./fulfilment-webhook.ts";
import { makeFindIssued } from "./issue/find-issued.ts";
import { makeIssueUnit } from "./issue/issue-unit.ts";
import { makeRecordIssueOutcome } from "./issue/record-issue-outcome.ts";
import { makeRecordMovementOutcome } from "./movement/record-movement-outcome.ts";
import { returnPointsJob } from "./movement/return-points-job.ts";
import { makeSendMovement } from "./movement/send-movement.ts";
import { orderLoaders } from "./order.loaders.ts";
import { orderResolvers } from "./order.resolvers.ts";
import { makeOrderStore } from "./order.store.ts";
import { checkOrderStatuses, isPrizeTaken } from "./order-status.ts";
import { makePlaceOrder } from "./place-order.ts";
import { placeOrderJob } from "./place-order-job.ts";
import { makeReadCartFacts } from "./read-cart-facts.ts";
import { makeRecomputeAndRefund } from "./recompute-and-refund.ts";
import { makeReconcile } from "./reconcile.ts";
import { makeResolveOrder } from "./resolve-order.ts";
import { makeReturnRequests } from "./return-requests.ts";
import { makeRevealVoucher } from "./reveal-voucher.ts";
import { reversalResolvers } from "./reversal.resolvers.ts";
import { makeReversalRequests } from "./reversal-requests.ts";
import { makeReverseOrder } from "./reverse-order.ts";
import { makeAwaitRevokes } from "./revoke/await-revokes.ts";
import { makeRecordRevokeOutcome } from "./revoke/record-revoke-outcome.ts";
import { makeRequestRevoke } from "./revoke/request-revoke.ts";
import { revokeJob } from "./revoke/revoke-job.ts";
import { makeRevokeUnit } from "./revoke/revoke-unit.ts";
import { makeUpdateShipment } from "./update-shipment.ts";
import { makeWatchOrder, POLL_MS } from "./watch-order.ts";

export { readAddress } from "./address.ts";
export type { FindIssued } from "./issue/find-issued.ts";
export { insertReturns } from "./movement/insert-returns.ts";
export type { RecordMovementOutcome } from "./movement/record-movement-outcome.ts";
export type { IssuedVoucherRow, OrderChange, OrderEvent, OrderStore } from "./order.store.ts";
export type { Address, Order, OrderLine } from "./order.ts";
export { find, type OrderAggregate } from "./order-aggregate.ts";
export { isFinal } from "./order-status.ts";
export type { PlaceOrder } from "./place-order.ts";
export type { RecomputeAndRefund } from "./recompute-and-refund.ts";
export type { ResolveOrder } from "./resolve-order.ts";
export type { RevealVoucher } from "./reveal-voucher.ts";
export type { RecordRevokeOutcome } from "./revoke/record-revoke-outcome.ts";
export type { WatchOrder } from "./watch-order.ts";
export { mountWebhooks } from "./webhook-route.ts";

export interface OrderPorts {
  config: Config;
  db: Db;
  bus: Bus;
  clock: Clock;
  metrics: Metrics | undefined;
  log: Logger;
  client: ClientPoints;
  capillary: Capillary | undefined;
  jobs: JobQueue;
  atCrashPoint: AtCrashPoint;
  vault: VoucherVault;
  sessions: SessionStore;
  /** Decrypts the tokens stored in sessions. */
  sessionTokens: Cipher;
  uncachedQueries: UncachedQueries;
  pace: {
    retries: RetryPolicies;
    /** See `await-revokes.ts`. */
    revokeWaitMs: number;
  };
}

/** Orders, from the cart until each unit is fulfilled or its points are returned. */
export function openOrder(ports: OrderPorts) {
  const { config, db, bus, clock, metrics, log, client, capillary, jobs, atCrashPoint, vault, sessions } = ports;
  checkOrderStatuses();
  const { settleMs, redeemRepeatable, reverseRepeatable, pointsAuth } = config.client;
  const timeZone = config.programTimeZone;
  const ledger = config.capillary.individualLedger;
  const { retries, revokeWaitMs } = ports.pace;
  const orderTokens = makeCipher(config.sessionSecrets, "client-token/order");
  const orders = makeOrderStore({ db, bus, clock, onMove: metrics?.orderMoved });
  const attempt = makeAttempt(atCrashPoint);
  const findIssued = capillary && makeFindIssued({ capillary, clock });

  const recomputeAndRefund = makeRecomputeAndRefund((tx, { id, orderId }) =>
    jobs.add(tx, { name: "return-points" }, `return:${id}`, { orderId, movementId: id }),
  );
  const fulfilRewards = makeFulfilRewards({ recomputeAndRefund, atCrashPoint, timeZone, log });
  const recordOutcome = makeRecordMovementOutcome({ recomputeAndRefund, fulfilRewards, log });
  const recordIssueOutcome = makeRecordIssueOutcome({ recomputeAndRefund, vault, log });
  const recordRevokeOutcome = makeRecordRevokeOutcome({ recomputeAndRefund, log });
  const readBalance = makeReadBalance({
    db,
    client,
    orderTokens,
    sessionTokens: ports.sessionTokens,
    pointsAuth,
    clock,
  });
  const sendMovement = makeSendMovement({
    db,
    orders,
    client,
    readBalance,
    recordOutcome,
    attempt,
    atCrashPoint,
    log,
    redeemRepeatable,
    reverseRepeatable,
  });
  const moving = { sendMovement, recordOutcome, orders, retries, settleMs, redeemRepeatable, reverseRepeatable };
  const placing = placeOrderJob({
    ...moving,
    fulfilRewards,
    atCrashPoint,
    issueUnit: makeIssueUnit({ orders, capillary, findIssued, recordOutcome: recordIssueOutcome, attempt, log }),
  });
  const revoking = revokeJob({
    revokeUnit: makeRevokeUnit({ orders, capillary, findIssued, recordOutcome: recordRevokeOutcome, clock, attempt }),
    retries,
  });
  jobs.register(placing);
  jobs.register(returnPointsJob(moving));
  jobs.register(revoking);

  const createOrder = makeCreateOrder({
    orderTokens,
    ledger,
    insertJob: (tx, input, marked) => jobs.insert(tx, placing, `place:${input.orderId}`, input, marked),
    onPlaced: () => metrics?.orderMoved("PENDING"),
  });
  const revokePorts = {
    orders,
    recomputeAndRefund,
    requestRevoke: makeRequestRevoke((tx, units) => jobs.add(tx, revoking, `revoke:${randomUUID()}`, units)),
    awaitRevokes: makeAwaitRevokes({ orders, bus, waitMs: revokeWaitMs }),
  };
  const reversalRequests = makeReversalRequests({ db, clock });
  const approving = { requests: reversalRequests, approvalAbove: config.reversalApprovalAbove };
  const cancelOrder = makeCancelOrder({ ...revokePorts, ...approving, atCrashPoint });
  const reverseOrder = makeReverseOrder({ ...revokePorts, ...approving, cancelUnits: cancelOrder.cancelUnits });
  const resolveOrder = makeResolveOrder({
    recordRevokeOutcome,
    orders,
    db,
    recordOutcome,
    recordIssueOutcome,
    findIssued,
    recomputeAndRefund,
    resumeOrder: (tx, orderId) => jobs.add(tx, placing, `place:${orderId}:resolved`, { orderId, movementId: null }),
  });
  const updateShipment = makeUpdateShipment({ orders, recomputeAndRefund, log });
  const compareWithLedger = makeReconcile({ db, orders, readBalance, recordOutcome, clock, log, settleMs });
  const placeOrder = makePlaceOrder({
    db,
    orders,
    readBalance: ({ customerId, clientToken }) => client.balance(customerId, clientToken, { unshared: true }),
    createOrder,
    aboutCart: makeReadCartFacts({ orders, uncachedQueries: ports.uncachedQueries, ledger }),
    ledger,
    jobs,
    clock,
    atCrashPoint,
  });
  const returnRequests = makeReturnRequests({ db, orders });
  const revealVoucher = makeRevealVoucher({ db, vault, clock });
  const watchOrder = makeWatchOrder({
    orders,
    bus,
    heads: makeHeadPoll({ everyMs: POLL_MS, readHeads: orders.heads, log }),
  });
  const adopt = async () => {
    await adoptOrders(db);
    await dropOldEngine(db);
  };

  return {
    heldDeductions: orders.heldDeductions,
    isPrizeTaken,
    redeemedUnits: orders.redeemedUnits,
    /** The use cases of a customer's orders, for entry points other than GraphQL. */
    customers: { orders, placeOrder, revealVoucher, watchOrder },
    /** Reads and corrects the records of orders and their points. */
    recorded: {
      orders,
      readBalance,
      findIssued,
      recordOutcome,
      recordRevokeOutcome,
      recomputeAndRefund,
      resolveOrder,
      attempt,
    },
    receiveReport:
      config.webhookSecrets.length === 0
        ? undefined
        : makeReceiveReport({ db, updateShipment, clock, secrets: config.webhookSecrets }),
    resolvers: [
      orderResolvers({
        orders,
        sessions,
        placeOrder,
        claimPrize: makeClaimPrize({ db, createOrder, orders, clock, atCrashPoint }),
        cancelOrder,
        reverseOrder,
        resolveOrder,
        updateShipment,
        revealVoucher,
        returnRequests,
        watchOrder,
        clock,
      }),
      reversalResolvers({ reverseOrder, reversalRequests, clock }),
    ],
    loaders: (viewer: Viewer, options: { cache: boolean }) =>
      orderLoaders({ db, orders, reversalRequests, returnRequests }, viewer, options),
    /** Closes expired requests of reversals. */
    sweep: reversalRequests.closeExpired,
    /** Inserts the missing jobs of orders in progress. */
    adopt,
    async reconcile() {
      await adopt();
      await compareWithLedger();
    },
  };
}
