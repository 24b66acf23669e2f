import { randomUUID } from "node:crypto";
import { auditResolvers } from "./audit/audit.resolvers.ts";
import { makeAuditUse } from "./audit/audit-use.ts";
import { makeAuditSealer } from "./audit/seal-audit.ts";
import { makeAccessTokens } from "./auth/access-token.ts";
import { authLoaders } from "./auth/auth.loaders.ts";
import { authResolvers } from "./auth/auth.resolvers.ts";
import { ANSWER_GRID_MS, type untilNextTick } from "./auth/even-timing.ts";
import { makeHandOffStore } from "./auth/hand-off.store.ts";
import { type HandOffRules, makeVerifyHandOff } from "./auth/hand-off-token.ts";
import { makeIdentify } from "./auth/identify.ts";
import { makeOidcVerifier } from "./auth/oidc.ts";
import { operatorKeyResolvers } from "./auth/operator-key.resolvers.ts";
import { makeOperatorKeyStore } from "./auth/operator-key.store.ts";
import { makeOtpChallengeStore } from "./auth/otp-challenge.store.ts";
import { makeRequestOtp } from "./auth/request-otp.ts";
import { makeRequesters } from "./auth/requester.ts";
import { makeSessionStore } from "./auth/session.store.ts";
import { makeSignInGate } from "./auth/sign-in-gate.ts";
import { makeSignInWithToken } from "./auth/sign-in-with-token.ts";
import { makeSigningKeys } from "./auth/signing-keys.ts";
import { makeVerifyOtp } from "./auth/verify-otp.ts";
import { awardsResolvers } from "./awards/awards.resolvers.ts";
import { makeCapillaryLedger } from "./awards/credit/capillary-ledger.ts";
import { makeClientLedger } from "./awards/credit/client-ledger.ts";
import { GIVE_UP_MS } from "./awards/credit/conclude-credit.ts";
import { makeCreditStore } from "./awards/credit/credit.store.ts";
import { startCrediting } from "./awards/credit/credit-awards.ts";
import type { CreditLedgers } from "./awards/credit/credit-ledger.ts";
import { makeResolveAward } from "./awards/credit/resolve-award.ts";
import { historyLoaders } from "./awards/history/history.loaders.ts";
import { historyResolvers } from "./awards/history/history.resolvers.ts";
import { makeHistoryStore } from "./awards/history/history.store.ts";
import { cartLoaders } from "./cart/cart.loaders.ts";
import { cartResolvers } from "./cart/cart.resolvers.ts";
import { makeCartStore } from "./cart/cart.store.ts";
import { makeChangeCart } from "./cart/change-cart.ts";
import { makeAskFresh } from "./catalog/ask-capillary.ts";
import { capillaryLoaders } from "./catalog/capillary.loaders.ts";
import { catalogLoaders } from "./catalog/catalog.loaders.ts";
import { catalogResolvers } from "./catalog/catalog.resolvers.ts";
import { makeExpireVouchers } from "./catalog/expire-vouchers.ts";
import { makeImportVoucherCodes } from "./catalog/import-voucher-codes.ts";
import { makeManageRewards } from "./catalog/manage-rewards.ts";
import type { PictureFetcher } from "./catalog/mirror/image/fetch-picture.ts";
import { makeReadRewardImage } from "./catalog/mirror/image/reward-image.ts";
import { makeMirrorStore } from "./catalog/mirror/mirror.store.ts";
import { makeSyncCatalog } from "./catalog/mirror/sync-catalog.ts";
import { makeReadCustomerViews } from "./catalog/read-customer-views.ts";
import { makeRewardStore } from "./catalog/reward.store.ts";
import type { VoucherVault } from "./catalog/voucher-vault.ts";
import type { Config } from "./config/config.ts";
import type { Loaders } from "./context.ts";
import type { Viewer } from "./domain/viewer.ts";
import { drawsResolvers } from "./draws/draws.resolvers.ts";
import { makeManageDraws } from "./draws/manage-draws.ts";
import { makePublishDraw } from "./draws/publish-draw.ts";
import { feedResolvers } from "./feed/feed.resolvers.ts";
import { makeFeedStore } from "./feed/feed.store.ts";
import { makeTellSettled } from "./feed/tell-settled.ts";
import { LOOK_AGAIN_MS as FEEDS_AGAIN_MS, makeWatchFeed } from "./feed/watch-feed.ts";
import { groupLoaders } from "./group/group.loaders.ts";
import { groupResolvers } from "./group/group.resolvers.ts";
import { makeReadGroups } from "./group/read-groups.ts";
import { makeCheckIn } from "./intake/check-in.ts";
import { intakeResolvers } from "./intake/intake.resolvers.ts";
import { openProcessor } from "./intake/open-processor.ts";
import { makeRedriveReward } from "./intake/quarantine/redrive-reward.ts";
import { makeAttempt } from "./ledger/attempt.ts";
import { makeReadBalance } from "./ledger/read-balance.ts";
import { type RetryPolicies, retryPolicies } from "./ledger/retry-policies.ts";
import { makeLinkMember } from "./members/link-member.ts";
import { membersResolvers } from "./members/members.resolvers.ts";
import { makeMoveMember } from "./members/move-member.ts";
import type { Metrics } from "./observability/metrics.ts";
import { adoptOrders, dropOldEngine } from "./order/adopt-orders.ts";
import { makeAskAboutCart } from "./order/ask-about-cart.ts";
import { makeCancelOrder } from "./order/cancel-order.ts";
import { makeClaimPrize } from "./order/claim-prize.ts";
import { makeCreateOrder } from "./order/create-order.ts";
import { makeReceiveReport } from "./order/fulfilment-webhook.ts";
import { makeGiveRewards } from "./order/give-rewards.ts";
import { makeConcludeIssue } from "./order/issue/conclude-issue.ts";
import { makeFindGiven } from "./order/issue/find-given.ts";
import { makeIssueUnit } from "./order/issue/issue-unit.ts";
import { makeConcludeMovement } from "./order/movement/conclude-movement.ts";
import { returnPointsJob } from "./order/movement/return-points-job.ts";
import { makeSendMovement } from "./order/movement/send-movement.ts";
import { orderLoaders } from "./order/order.loaders.ts";
import { orderResolvers } from "./order/order.resolvers.ts";
import { makeOrderStore } from "./order/order.store.ts";
import { checkOrderStatuses } from "./order/order-status.ts";
import { makePlaceOrder } from "./order/place-order.ts";
import { placeOrderJob } from "./order/place-order-job.ts";
import { makeReconcile } from "./order/reconcile.ts";
import { makeResolveOrder } from "./order/resolve-order.ts";
import { makeRevealVoucher } from "./order/reveal-voucher.ts";
import { makeReverseOrder } from "./order/reverse-order.ts";
import { makeAwaitRevokes, REVOKE_PATIENCE_MS } from "./order/revoke/await-revokes.ts";
import { makeConcludeRevoke } from "./order/revoke/conclude-revoke.ts";
import { revokeJob } from "./order/revoke/revoke-job.ts";
import { makeRevokeUnit } from "./order/revoke/revoke-unit.ts";
import { makeWantBack } from "./order/revoke/want-back.ts";
import { makeSettleLines } from "./order/settle-lines.ts";
import { makeUpdateShipment } from "./order/update-shipment.ts";
import { makeWatchOrder, LOOK_AGAIN_MS as ORDERS_AGAIN_MS } from "./order/watch-order.ts";
import { makeEraseCustomer } from "./personal-data/erase-customer.ts";
import { makeExportCustomer } from "./personal-data/export-customer.ts";
import { personalDataResolvers } from "./personal-data/personal-data.resolvers.ts";
import type { Clock } from "./platform/clock.ts";
import type { AtCrashPoint } from "./platform/crash-point.ts";
import type { Db } from "./platform/db.ts";
import type { Bus } from "./platform/events.ts";
import type { Exclusive } from "./platform/exclusive.ts";
import { makeHeadPoll } from "./platform/head-poll.ts";
import type { JobQueue } from "./platform/jobs/job.ts";
import type { Logger } from "./platform/logger.ts";
import { makeSecretBox } from "./platform/secret-box.ts";
import { makeSweep } from "./program/retention.ts";
import type { FetchStatement } from "./reconciliation/ledger-statement.ts";
import { openReconciliation } from "./reconciliation/open-reconciliation.ts";
import { makeManageRules } from "./rules/manage-rules.ts";
import { rulesResolvers } from "./rules/rules.resolvers.ts";
import { MS_PER_DAY } from "./rules/window.ts";
import type { Capillary } from "./upstream/capillary/capillary.ts";
import type { ClientPoints } from "./upstream/client-points/client-points.ts";
import { makeReadWallets } from "./wallet/read-wallets.ts";
import { walletLoaders } from "./wallet/wallet.loaders.ts";
import { walletResolvers } from "./wallet/wallet.resolvers.ts";

export interface FeatureDeps {
  config: Config;
  db: Db;
  bus: Bus;
  clock: Clock;
  metrics: Metrics | undefined;
  log: Logger;
  client: ClientPoints;
  /** Undefined where links do not sign in. */
  handOff: HandOffRules | undefined;
  /** Undefined where there is none. */
  capillary: Capillary | undefined;
  jobs: JobQueue;
  atCrashPoint: AtCrashPoint;
  vault: VoucherVault;
  exclusive: Exclusive;
  pictures: PictureFetcher;
  otpGridMs: number | undefined;
  untilOtpTick: typeof untilNextTick | undefined;
  otpSettledMs: number | undefined;
  capillaryKeptMs: number;
  catalogPageSize: number | undefined;
  /** Undefined where the points provider has no statement of its ledger. */
  fetchStatement: FetchStatement | undefined;
  retries: Partial<RetryPolicies> | undefined;
  revokePatienceMs: number | undefined;
}

export type Features = ReturnType<typeof makeFeatures>;

/** Binds every feature to what it stands on. Nothing here decides anything. */
export function makeFeatures(deps: FeatureDeps) {
  const { config, db, bus, clock, log, client, capillary, jobs, atCrashPoint, vault, otpGridMs } = deps;
  checkOrderStatuses();
  const gridMs = otpGridMs ?? ANSWER_GRID_MS;
  const { settleMs, redeemRepeatable, reverseRepeatable, pointsAuth } = config.client;
  const timeZone = config.programTimeZone;

  // Sign-in
  const box = (purpose: string) => makeSecretBox(config.sessionSecret, purpose);
  const sessionTokens = box("client-token/session");
  const sessions = makeSessionStore({
    db,
    box: sessionTokens,
    refreshTokens: box("refresh-token"),
    bus,
    clock,
    log,
  });
  const signingKeys = makeSigningKeys(config.sessionSecret, clock);
  const accessTokens = makeAccessTokens(signingKeys, clock);
  const oidc = config.oidc && makeOidcVerifier({ ...config.oidc, log });
  const operatorKeys = makeOperatorKeyStore({ db, bus, clock });
  const identify = makeIdentify({
    accessTokens,
    sessions,
    operatorKeys,
    operatorToken: config.operatorToken,
    serviceToken: config.rewardServiceToken,
    oidc,
  });
  const gate = makeSignInGate(config.databasePoolSize);
  const { otpPerCustomerHour: perCustomerHour, otpPerAddressHour: perAddressHour, otpPerMinute: perMinute } = config;
  const challenges = makeOtpChallengeStore(db, { perCustomerHour, perAddressHour, perMinute }, gate);
  const requesters = makeRequesters(box("address"));
  const requestOtp = makeRequestOtp({
    challenges,
    client,
    requesters,
    clock,
    log,
    gridMs,
    untilTick: deps.untilOtpTick,
  });
  const deliveryMs = config.upstreamTimeoutMs;
  const verifyOtp = makeVerifyOtp({
    challenges,
    sessions,
    requesters,
    client,
    clock,
    log,
    gridMs,
    deliveryMs,
    settledMs: deps.otpSettledMs,
  });

  const handOffs = makeHandOffStore(db, { perAddressHour }, gate);
  const verify = deps.handOff && makeVerifyHandOff(deps.handOff, clock);
  const signInWithToken = makeSignInWithToken({
    db,
    tries: handOffs,
    sessions,
    verify,
    requesters,
    challenges,
    clock,
    log,
  });

  // Catalogue and cart
  const orders = makeOrderStore({ db, bus, clock, onMove: deps.metrics?.orderMoved });
  const rewards = makeRewardStore(db);
  const manageRewards = makeManageRewards({ db, clock });
  const importVoucherCodes = makeImportVoucherCodes({ db, vault, clock, timeZone });
  const expireVouchers = makeExpireVouchers({ db, clock, timeZone, log });
  const mirrorStore = makeMirrorStore(db);
  const ledger = config.capillary.individualLedger;
  const { catalogue, points } = capillary ?? {};
  const syncCatalog = makeSyncCatalog({
    catalogue,
    store: mirrorStore,
    exclusive: deps.exclusive,
    ledger,
    pageSize: deps.catalogPageSize,
    clock,
    log,
  });
  const carts = makeCartStore(db);
  const changeCart = makeChangeCart({ carts, redeemedUnits: orders.redeemedUnits, ledger, clock });
  const readWallets = makeReadWallets({ client, heldPoints: orders.heldPoints, clock });
  const readGroups = makeReadGroups({ capillary, clock, keptMs: deps.capillaryKeptMs });
  const readViews = makeReadCustomerViews({ catalogue, refresh: mirrorStore.refresh, ledger, clock });

  // Orders
  const orderTokens = box("client-token/order");
  const settleLines = makeSettleLines((tx, { id, orderId }) =>
    jobs.add(tx, { name: "return-points" }, `return:${id}`, { orderId, movementId: id }),
  );
  const giveRewards = makeGiveRewards({ settleLines, atCrashPoint, timeZone, log });
  const conclude = makeConcludeMovement({ settleLines, giveRewards, log });
  const readBalance = makeReadBalance({ db, client, orderTokens, sessionTokens, pointsAuth, clock });
  const attempt = makeAttempt(atCrashPoint);
  const retries = { ...retryPolicies, ...deps.retries };
  const sendMovement = makeSendMovement({
    db,
    orders,
    client,
    readBalance,
    conclude,
    attempt,
    atCrashPoint,
    log,
    redeemRepeatable,
    reverseRepeatable,
  });
  const concludeIssue = makeConcludeIssue({ settleLines, vault, log });
  const findGiven = capillary && makeFindGiven({ capillary, clock });
  const moving = { sendMovement, conclude, orders, retries, settleMs, redeemRepeatable, reverseRepeatable };
  const placing = placeOrderJob({
    ...moving,
    giveRewards,
    atCrashPoint,
    issueUnit: makeIssueUnit({ orders, capillary, findGiven, conclude: concludeIssue, attempt, log }),
  });
  jobs.register(placing);
  jobs.register(returnPointsJob(moving));

  const createOrder = makeCreateOrder({
    orderTokens,
    ledger,
    insertJob: (tx, input, marked) => jobs.insert(tx, placing, `place:${input.orderId}`, input, marked),
    onPlaced: () => deps.metrics?.orderMoved("PENDING"),
  });
  const placeOrder = makePlaceOrder({
    db,
    orders,
    readBalance: ({ customerId, clientToken }) => client.balance(customerId, clientToken, { unshared: true }),
    createOrder,
    aboutCart: makeAskAboutCart({ orders, askFresh: makeAskFresh({ readGroups, readViews, points }), ledger }),
    ledger,
    jobs,
    clock,
    atCrashPoint,
  });
  const concludeRevoke = makeConcludeRevoke({ settleLines, log });
  const revokes = revokeJob({
    revokeUnit: makeRevokeUnit({ orders, capillary, findGiven, conclude: concludeRevoke, clock, attempt }),
    retries,
  });
  jobs.register(revokes);
  const wantBack = makeWantBack((tx, units) => jobs.add(tx, revokes, `revoke:${randomUUID()}`, units));
  const awaitRevokes = makeAwaitRevokes({ orders, bus, patienceMs: deps.revokePatienceMs ?? REVOKE_PATIENCE_MS });
  const resolveOrder = makeResolveOrder({
    concludeRevoke,
    orders,
    db,
    conclude,
    concludeIssue,
    findGiven,
    settleLines,
    goOn: (tx, orderId) => jobs.add(tx, placing, `place:${orderId}:resolved`, { orderId, movementId: null }),
  });
  const updateShipment = makeUpdateShipment({ orders, settleLines, log });
  const receiveReport =
    config.webhookSecret === undefined
      ? undefined
      : makeReceiveReport({ db, updateShipment, clock, secret: config.webhookSecret });

  // Reward Processor
  const processor = openProcessor({ config, db, bus, clock, metrics: deps.metrics });
  const { processMessage, acceptMessage, tellMember, draws, hashNik, seeds } = processor;

  // What members are told, and what they have earned
  const feeds = makeFeedStore(db);
  const history = makeHistoryStore(db);
  const sweepFeeds = async () =>
    void (await feeds.sweep(new Date(clock.now().getTime() - config.memberEventDays * MS_PER_DAY)));
  // Crediting what they have earned
  const settled = makeTellSettled({ tellMember, bus });
  const { strategies } = config.capillary;
  const ledgers: CreditLedgers = {
    CLIENT: makeClientLedger(client, config.upstreamTimeoutMs),
    ...(points && strategies && { CAPILLARY: makeCapillaryLedger(points, strategies, config.upstreamTimeoutMs) }),
  };
  const crediting = {
    store: makeCreditStore({ db, ledgers: Object.values(ledgers).map(({ name }) => name), settleMs, settled }),
    ledgers,
    ledger: config.rewardCreditLedger === "client" ? ("CLIENT" as const) : ("CAPILLARY" as const),
    patience: { settleMs, giveUpMs: GIVE_UP_MS, retry: retries.credit },
    bus,
    clock,
    attempt,
    log,
  };

  const resolveAward = makeResolveAward({ db, bus, clock, settled });
  const reconciliation = openReconciliation({
    db,
    jobs,
    orders,
    client,
    capillary,
    fetchStatement: deps.fetchStatement,
    readBalance,
    findGiven,
    conclude,
    concludeRevoke,
    settleLines,
    resolveOrder,
    resolveAward,
    attempt,
    nightlyAtMinute: config.reconcileAtMinute,
    timeZone,
    timeoutMs: config.upstreamTimeoutMs,
    settleMs,
    clock,
    log,
  });

  /** What one operation reads through. Without the cache each event of a subscription sees the present. */
  function makeLoaders(viewer: Viewer, requestId: string, options: { cache: boolean }): Loaders {
    const groups = groupLoaders(readGroups, viewer, requestId, options);
    return {
      ...authLoaders(sessions, options),
      ...walletLoaders({ readWallets, sessions }, viewer, requestId, options),
      ...groups,
      ...capillaryLoaders({ readViews, points, capillaryUserId: groups.capillaryUserId }, requestId, options),
      ...catalogLoaders(rewards, options),
      ...cartLoaders(carts, options),
      ...orderLoaders({ db, orders }, viewer, options),
      ...historyLoaders(history, { clock, timeZone }, options),
    };
  }

  return {
    sessions,
    signingKeys,
    operatorKeys,
    auditUse: makeAuditUse({ db, clock, log }),
    identify,
    receiveReport,
    processReward: processMessage.process,
    draws,
    publishDraw: makePublishDraw({ db, seeds }),
    makeLoaders,
    syncCatalog,
    feeds,
    expireVouchers: expireVouchers.expire,
    sweep: makeSweep({
      db,
      clock,
      days: config.retentionDays,
      also: [sweepFeeds, () => handOffs.sweep(clock.now()), () => challenges.sweep(clock.now())],
    }),
    startCrediting: (pollMs: number | undefined) => startCrediting({ ...crediting, pollMs }),
    readRewardImage: makeReadRewardImage({ db, catalogue, pictures: deps.pictures, clock, log }),
    async adoptOrders() {
      await adoptOrders(db);
      await dropOldEngine(db);
    },
    reconcileNightly: reconciliation.requestNightly,
    sealAudit: makeAuditSealer({ db, clock, log }).seal,
    reconcile: makeReconcile({ db, orders, readBalance, conclude, clock, log, settleMs }),
    resolvers: [
      authResolvers({ requestOtp, verifyOtp, signInWithToken, sessions, accessTokens, requesters }),
      operatorKeyResolvers(operatorKeys),
      walletResolvers(),
      groupResolvers(),
      catalogResolvers({
        rewards,
        manageRewards,
        importVoucherCodes,
        expiringVouchers: expireVouchers.expiring,
        syncCatalog,
        lastSync: () => mirrorStore.lastRun(),
        ledger,
        clock,
      }),
      cartResolvers({ changeCart, ledger, clock }),
      orderResolvers({
        orders,
        sessions,
        placeOrder,
        claimPrize: makeClaimPrize({ db, createOrder, orders, clock, atCrashPoint }),
        cancelOrder: makeCancelOrder({ orders, settleLines, wantBack, awaitRevokes }),
        reverseOrder: makeReverseOrder({ orders, settleLines, wantBack, awaitRevokes }),
        resolveOrder,
        updateShipment,
        revealVoucher: makeRevealVoucher({ db, vault, clock }),
        watchOrder: makeWatchOrder({
          orders,
          bus,
          heads: makeHeadPoll({ everyMs: ORDERS_AGAIN_MS, readHeads: orders.heads, log }),
        }),
        clock,
      }),
      intakeResolvers({
        db,
        processMessage,
        checkIn: makeCheckIn({ accept: processMessage.accept, clock, timeZone }),
        redriveReward: makeRedriveReward({ db, bus, clock, acceptMessage, hashNik, timeZone }),
      }),
      membersResolvers({
        db,
        linkMember: makeLinkMember({ db, bus, clock, tellMember }),
        ...makeMoveMember({ db, bus, clock, tellMember }),
        hashNik,
      }),
      rulesResolvers({ db, clock, manageRules: makeManageRules({ db, clock }) }),
      drawsResolvers({ db, manageDraws: makeManageDraws({ db, draws, clock }) }),
      awardsResolvers({ db, resolveAward }),
      feedResolvers({
        feeds,
        sessions,
        watchFeed: makeWatchFeed({
          feeds,
          bus,
          heads: makeHeadPoll({ everyMs: FEEDS_AGAIN_MS, readHeads: feeds.heads, log }),
          clock,
        }),
      }),
      historyResolvers(),
      auditResolvers({ db }),
      reconciliation.resolvers,
      personalDataResolvers({
        db,
        exportCustomer: makeExportCustomer({ db, clock }),
        eraseCustomer: makeEraseCustomer({ db, bus, clock }),
        clock,
      }),
    ],
  };
}
