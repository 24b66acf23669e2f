import { randomUUID } from "node:crypto";
import { type GraphQLObjectType, getNamedType, isCompositeType, valueFromASTUntyped } from "graphql";
import type { Client } from "graphql-ws";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeCursor } from "../../src/graphql/connection.ts";
import { buildSchema } from "../../src/graphql/schema.ts";
import { type Customer, startTestGateway, type TestGateway, type TestReward } from "../support/gateway.ts";
import type { Caller, GraphqlAnswer } from "../support/graphql.ts";
import { operatorKey } from "../support/operator-key.ts";
import { address, addToCart, orderSettled } from "../support/orders.ts";
import { postRaw } from "../support/raw-http.ts";
import { claim, winner } from "../support/rewards/prizes.ts";

/** Everything here belongs to the owner, except the rewards, which are public. */
interface Belongings {
  customerId: string;
  walletId: string;
  groupId: string;
  groupWalletId: string;
  cartId: string;
  lineId: string;
  orderId: string;
  orderLineId: string;
  /** The prize that the order was claimed for. */
  awardId: string;
  reward: TestReward;
  parcel: TestReward;
}

/** The operators' roles beside `admin`, which the operator has: a key for each. */
const roles = ["catalogue", "orders", "support", "rewards"] as const;
type Role = (typeof roles)[number];
const callers = ["anonymous", "owner", "other", "operator", "service", ...roles] as const;
type CallerName = (typeof callers)[number];
/** `ok`, `null`, the code of a top-level error, or the code of a refusal. */
type Outcome = string;
type Outcomes = Record<CallerName, Outcome>;
type Row = [document: string, outcomes: Outcomes, variables?: (of: Belongings) => Record<string, unknown>];

type Five = [anonymous: Outcome, owner: Outcome, other: Outcome, operator: Outcome, service: Outcome];
/** @param without the result for operators without a role in `wanted`; the others get the operator's result */
function outcomes(
  [anonymous, owner, other, operator, service]: Five,
  without: Outcome,
  ...wanted: readonly Role[]
): Outcomes {
  const ofRole = (role: Role) => (wanted.includes(role) ? operator : without);
  return {
    anonymous,
    owner,
    other,
    operator,
    service,
    catalogue: ofRole("catalogue"),
    orders: ofRole("orders"),
    support: ofRole("support"),
    rewards: ofRole("rewards"),
  };
}

const all = (outcome: Outcome) => outcomes([outcome, outcome, outcome, outcome, outcome], outcome);
const everybody = all("ok");
const personal = outcomes(["null", "ok", "null", "ok", "null"], "null", "orders", "support");
const forOperators = (outcome: Outcome, ...wanted: readonly Role[]) =>
  outcomes(["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", outcome, "FORBIDDEN"], "FORBIDDEN", ...wanted);
const forServices = (outcome: Outcome, ...wanted: readonly Role[]) =>
  outcomes(["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", outcome, outcome], "FORBIDDEN", ...wanted);
const forCustomers = (owner: Outcome, other: Outcome) =>
  outcomes(["UNAUTHENTICATED", owner, other, "FORBIDDEN", "FORBIDDEN"], "FORBIDDEN");
const key = () => ({ idempotencyKey: randomUUID() });
const refusals = "userErrors { code }";

/** The result of each field for each viewer. A new field fails the test until it has its row. */
const rows: Record<string, Row> = {
  "Query.node": ["query ($id: ID!) { it: node(id: $id) { id } }", personal, (of) => ({ id: of.orderId })],
  "Query.nodes": ["query ($id: ID!) { it: nodes(ids: [$id]) { id } }", personal, (of) => ({ id: of.cartId })],
  "Query.me": ["{ it: me { id } }", outcomes(["null", "ok", "ok", "null", "null"], "null")],
  "Query.rewards": ["{ it: rewards { totalCount } }", everybody],
  "Query.reward": ["query ($id: ID!) { it: reward(id: $id) { id } }", everybody, (of) => ({ id: of.reward.id })],
  "Query.rewardCategories": ["{ it: rewardCategories { name } }", everybody],
  "Query.catalogSync": ["{ it: catalogSync { problem } }", forOperators("null", "catalogue", "support")],
  "Query.order": [
    "query ($id: ID!) { it: order(id: $id) { id } }",
    outcomes(["UNAUTHENTICATED", "ok", "null", "ok", "null"], "null", "orders", "support"),
    (of) => ({ id: of.orderId }),
  ],
  "Query.groupWallet": [
    "query ($id: ID!) { it: groupWallet(by: { groupId: $id }) { id } }",
    outcomes(["UNAUTHENTICATED", "ok", "null", "ok", "null"], "null", "orders", "support"),
    (of) => ({ id: of.groupId }),
  ],
  "Query.customer": [
    "query ($id: String!) { it: customer(customerId: $id) { id } }",
    forOperators("ok", "orders", "support"),
    () => ({ id: owner.customerId }),
  ],
  "Query.operator": ["{ it: operator { name } }", outcomes(["null", "null", "null", "ok", "null"], "ok")],
  "Query.search": [`{ it: search(text: "ORD") { text } }`, forOperators("ok", ...roles)],
  "Query.activity": ["{ it: activity { placed } }", forOperators("ok", "orders", "support")],
  "Subscription.attention": ["subscription { it: attention { total } }", forOperators("ok", ...roles)],
  "Query.attention": ["{ it: attention { total } }", forOperators("ok", ...roles)],
  "Query.voucherPool": [
    "query ($id: ID!) { it: voucherPool(rewardId: $id) { counts { available } } }",
    forOperators("ok", "catalogue", "support"),
    (of) => ({ id: of.reward.id }),
  ],
  "Query.nameTranslations": [
    '{ it: nameTranslations(texts: ["Home"]) { text } }',
    forOperators("ok", "catalogue", "rewards", "support"),
  ],
  "Query.rewardOverlay": [
    "query ($id: ID!) { it: rewardOverlay(rewardId: $id) { hidden } }",
    forOperators("null", "catalogue", "support"),
    (of) => ({ id: of.reward.id }),
  ],
  "Query.expiringVouchers": ["{ it: expiringVouchers { codes } }", forOperators("ok", "catalogue", "support")],
  "Query.orders": ["{ it: orders { totalCount } }", forOperators("ok", "orders", "support")],
  "Query.reconciliationRuns": ["{ it: reconciliationRuns { totalCount } }", forOperators("ok", "support")],
  "Query.reconciliationRun": [
    "query ($id: ID!) { it: reconciliationRun(id: $id) { id } }",
    forOperators("null", "support"),
    (of) => ({ id: of.orderId }),
  ],
  "Query.reconciliationBreaks": ["{ it: reconciliationBreaks { totalCount } }", forOperators("ok", "support")],
  "Query.settlement": [`{ it: settlement(day: "2026-01-01") { csv } }`, forOperators("ok", "support")],
  "Query.auditChain": ["{ it: auditChain { holds } }", forOperators("ok", "support")],
  "Query.auditLog": ["{ it: auditLog { totalCount } }", forOperators("ok", "support")],
  "Query.rewardCampaigns": ["{ it: rewardCampaigns { id } }", everybody],
  "Query.rewardRules": ["{ it: rewardRules { ruleId } }", forOperators("ok", "rewards", "support")],
  "Query.rewardRuleVersions": [
    `{ it: rewardRuleVersions(ruleId: "r") { version } }`,
    forOperators("ok", "rewards", "support"),
  ],
  "Query.luckyDraws": ["{ it: luckyDraws { id } }", forOperators("ok", "rewards", "support")],
  "Query.settlementMonth": [`{ it: settlementMonth(month: "2026-01") { isBalanced } }`, forOperators("ok", "support")],
  "Query.liability": ["{ it: liability { outstanding } }", forOperators("ok", "support")],
  "Query.simulateReward": [
    `{ it: simulateReward(payload: "{}") { replayed } }`,
    forOperators("ok", "rewards", "support"),
  ],
  "Query.awardsToResolve": ["{ it: awardsToResolve { totalCount } }", forOperators("ok", "rewards", "support")],
  "Query.quarantinedRewards": ["{ it: quarantinedRewards { totalCount } }", forOperators("ok", "rewards", "support")],
  "Query._service": ["{ it: _service { sdl } }", all("FORBIDDEN")],
  "Query._entities": [
    "query ($of: [_Any!]!) { it: _entities(representations: $of) { __typename } }",
    personal,
    (of) => ({ of: [{ __typename: "Order", id: of.orderId }] }),
  ],

  "Mutation.requestOtp": [
    `mutation ($input: RequestOtpInput!) { it: requestOtp(input: $input) { challengeId ${refusals} } }`,
    everybody,
    () => ({ input: { customerId: `C-${randomUUID()}` } }),
  ],
  "Mutation.verifyOtp": [
    `mutation ($input: VerifyOtpInput!) { it: verifyOtp(input: $input) { ${refusals} } }`,
    all("OTP_EXPIRED"),
    () => ({ input: { challengeId: randomUUID(), otp: "000000" } }),
  ],
  "Mutation.signInWithToken": [
    `mutation { it: signInWithToken(input: { token: "x", customerId: "C" }) { ${refusals} } }`,
    all("SIGN_IN_LINK_OFF"),
  ],
  "Mutation.refreshSession": [
    `mutation { it: refreshSession(input: { refreshToken: "nobody's" }) { ${refusals} } }`,
    all("SESSION_EXPIRED"),
  ],
  "Mutation.signOut": [`mutation { it: signOut { ${refusals} } }`, everybody],

  "Mutation.addToCart": [
    `mutation ($input: AddToCartInput!) { it: addToCart(input: $input) { ${refusals} } }`,
    forCustomers("ok", "ok"),
    (of) => ({ input: { rewardId: of.reward.id } }),
  ],
  "Mutation.updateCartLine": [
    `mutation ($input: UpdateCartLineInput!) { it: updateCartLine(input: $input) { ${refusals} } }`,
    forCustomers("ok", "LINE_NOT_FOUND"),
    (of) => ({ input: { lineId: of.lineId, quantity: 1 } }),
  ],
  "Mutation.removeCartLine": [
    `mutation ($input: RemoveCartLineInput!) { it: removeCartLine(input: $input) { ${refusals} } }`,
    forCustomers("ok", "LINE_NOT_FOUND"),
    (of) => ({ input: { lineId: of.lineId } }),
  ],
  "Mutation.clearCart": [`mutation { it: clearCart { ${refusals} } }`, forCustomers("ok", "ok")],

  "Mutation.setNameTranslations": [
    `mutation { it: setNameTranslations(input: { text: "Home", translations: [] }) { ${refusals} } }`,
    forOperators("ok", "catalogue", "rewards"),
  ],
  "Mutation.createReward": [
    `mutation ($input: CreateRewardInput!) { it: createReward(input: $input) { ${refusals} } }`,
    forOperators("INVALID_INPUT", "catalogue"),
    () => ({
      input: {
        sku: "?",
        name: "n",
        description: "d",
        kind: "MERCHANDISE",
        points: 1,
        brand: "b",
        category: "c",
        imageUrl: "/x",
      },
    }),
  ],
  "Mutation.updateReward": [
    `mutation ($input: UpdateRewardInput!) { it: updateReward(input: $input) { ${refusals} } }`,
    forOperators("ok", "catalogue"),
    (of) => ({ input: { rewardId: of.reward.id, terms: "New terms." } }),
  ],
  "Mutation.archiveReward": [
    `mutation ($input: ArchiveRewardInput!) { it: archiveReward(input: $input) { ${refusals} } }`,
    forOperators("ok", "catalogue"),
    (of) => ({ input: { rewardId: of.parcel.id } }),
  ],
  "Mutation.importVoucherCodes": [
    `mutation ($input: ImportVoucherCodesInput!) { it: importVoucherCodes(input: $input) { ${refusals} } }`,
    forOperators("ok", "catalogue"),
    (of) => ({ input: { rewardId: of.reward.id, rows: [{ code: randomUUID() }] } }),
  ],
  "Mutation.uploadPicture": [
    `mutation { it: uploadPicture(input: { base64: "AAAA" }) { ${refusals} } }`,
    forOperators("INVALID_INPUT", "catalogue"),
  ],
  "Mutation.importRewards": [
    `mutation { it: importRewards(input: { csv: "sku", dryRun: true }) { ${refusals} } }`,
    forOperators("ok", "catalogue"),
  ],
  "Mutation.overlayReward": [
    `mutation ($id: ID!) { it: overlayReward(input: { rewardId: $id, hidden: true }) { ${refusals} } }`,
    forOperators("INVALID_INPUT", "catalogue"),
    (of) => ({ id: of.reward.id }),
  ],
  "Mutation.voidVoucherCode": [
    `mutation { it: voidVoucherCode(input: { voucherId: "x", note: "n" }) { ${refusals} } }`,
    forOperators("VOUCHER_NOT_FOUND", "catalogue"),
  ],
  "Mutation.signOutCustomer": [
    `mutation { it: signOutCustomer(input: { customerId: "nobody" }) { ${refusals} } }`,
    forOperators("CUSTOMER_NOT_FOUND", "support"),
  ],
  "Mutation.blockCustomer": [
    `mutation { it: blockCustomer(input: { customerId: "nobody", reason: "r" }) { ${refusals} } }`,
    forOperators("CUSTOMER_NOT_FOUND", "support"),
  ],
  "Mutation.unblockCustomer": [
    `mutation { it: unblockCustomer(input: { customerId: "nobody" }) { ${refusals} } }`,
    forOperators("CUSTOMER_NOT_FOUND", "support"),
  ],
  "Mutation.addNote": [
    `mutation ($id: ID!) { it: addNote(input: { on: { orderId: $id }, text: "t" }) { ${refusals} } }`,
    forOperators("ok", "orders", "support"),
    (of) => ({ id: of.orderId }),
  ],
  "Mutation.assign": [
    `mutation ($id: ID!) { it: assign(input: { to: { orderId: $id }, assignee: "asha" }) { ${refusals} } }`,
    forOperators("ok", "orders", "support"),
    (of) => ({ id: of.orderId }),
  ],
  "Mutation.adjustStock": [
    `mutation ($input: AdjustStockInput!) { it: adjustStock(input: $input) { ${refusals} } }`,
    forOperators("ok", "catalogue"),
    (of) => ({ input: { rewardId: of.parcel.id, change: { to: 5 } } }),
  ],

  "Mutation.syncCatalog": [`mutation { it: syncCatalog { ${refusals} } }`, forOperators("ok", "catalogue")],

  "Mutation.placeOrder": [
    `mutation ($input: PlaceOrderInput!) { it: placeOrder(input: $input) { ${refusals} } }`,
    forCustomers("ok", "CART_EMPTY"),
    () => ({ input: { ...key(), dryRun: true } }),
  ],
  "Mutation.claimPrize": [
    `mutation ($input: ClaimPrizeInput!) { it: claimPrize(input: $input) { ${refusals} } }`,
    forCustomers("ok", "PRIZE_NOT_FOUND"),
    (of) => ({ input: { awardId: of.awardId } }),
  ],
  "Mutation.cancelOrder": [
    `mutation ($input: CancelOrderInput!) { it: cancelOrder(input: $input) { ${refusals} } }`,
    outcomes(
      ["UNAUTHENTICATED", "NOT_CANCELLABLE", "ORDER_NOT_FOUND", "NOT_CANCELLABLE", "FORBIDDEN"],
      "FORBIDDEN",
      "orders",
    ),
    (of) => ({ input: { ...key(), orderId: of.orderId } }),
  ],
  "Mutation.reverseOrder": [
    `mutation ($input: ReverseOrderInput!) { it: reverseOrder(input: $input) { ${refusals} } }`,
    forOperators("ORDER_NOT_FOUND", "orders"),
    (of) => ({ input: { ...key(), orderId: of.cartId, reason: "CANCELLATION" } }),
  ],
  "Mutation.resolveOrder": [
    `mutation ($input: ResolveOrderInput!) { it: resolveOrder(input: $input) { ${refusals} } }`,
    forOperators("NOTHING_TO_RESOLVE", "orders", "support"),
    (of) => ({ input: { ...key(), orderId: of.orderId, outcome: "HAPPENED", note: "n" } }),
  ],
  "Mutation.resolveAward": [
    `mutation ($input: ResolveAwardInput!) { it: resolveAward(input: $input) { ${refusals} } }`,
    forOperators("NOTHING_TO_RESOLVE", "support"),
    (of) => ({ input: { awardId: of.orderId, resolution: "HAPPENED", note: "n" } }),
  ],
  "Mutation.updateShipment": [
    `mutation ($input: UpdateShipmentInput!) { it: updateShipment(input: $input) { ${refusals} } }`,
    forOperators("SHIPMENT_NOT_FOUND", "orders"),
    (of) => ({ input: { orderId: of.orderId, lineId: of.orderLineId, status: "SHIPPED" } }),
  ],
  "Mutation.revealVoucher": [
    `mutation ($input: RevealVoucherInput!) { it: revealVoucher(input: $input) { vouchers { code } ${refusals} } }`,
    forCustomers("ok", "LINE_NOT_FOUND"),
    (of) => ({ input: { orderLineId: of.orderLineId } }),
  ],

  "Mutation.markVoucher": [
    `mutation ($id: ID!) { it: markVoucher(input: { voucherId: $id, used: true }) { ${refusals} } }`,
    forCustomers("VOUCHER_NOT_FOUND", "VOUCHER_NOT_FOUND"),
    (of) => ({ id: of.orderId }),
  ],
  "Mutation.saveAddress": [
    `mutation ($id: ID!, $address: AddressInput!) {
      it: saveAddress(input: { id: $id, address: $address }) { ${refusals} } }`,
    forCustomers("ADDRESS_NOT_FOUND", "ADDRESS_NOT_FOUND"),
    (of) => ({ id: of.orderId, address }),
  ],
  "Mutation.removeAddress": [
    `mutation ($id: ID!) { it: removeAddress(input: { id: $id }) { ${refusals} } }`,
    forCustomers("ok", "ok"),
    (of) => ({ id: of.orderId }),
  ],
  "Mutation.requestReturn": [
    `mutation ($id: ID!) { it: requestReturn(input: { orderLineId: $id, reason: DAMAGED }) { ${refusals} } }`,
    forCustomers("NOT_RETURNABLE", "LINE_NOT_FOUND"),
    (of) => ({ id: of.orderLineId }),
  ],
  "Mutation.withdrawReturn": [
    `mutation ($id: ID!) { it: withdrawReturn(input: { orderLineId: $id }) { ${refusals} } }`,
    forCustomers("NOTHING_TO_RESOLVE", "LINE_NOT_FOUND"),
    (of) => ({ id: of.orderLineId }),
  ],
  "Mutation.declineReturn": [
    `mutation ($id: ID!) { it: declineReturn(input: { orderLineId: $id, answer: "No." }) { ${refusals} } }`,
    forOperators("NOTHING_TO_RESOLVE", "orders"),
    (of) => ({ id: of.orderLineId }),
  ],
  "Query.pushSettings": ["{ it: pushSettings { publicKey } }", everybody],
  "Mutation.addPushSubscription": [
    `mutation { it: addPushSubscription(input: { endpoint: "https://example.com", p256dh: "", auth: "" }) { ${refusals} } }`,
    forCustomers("INVALID_INPUT", "INVALID_INPUT"),
  ],
  "Mutation.removePushSubscription": [
    `mutation ($id: ID!) { it: removePushSubscription(input: { id: $id }) { ${refusals} } }`,
    forCustomers("ok", "ok"),
    (of) => ({ id: of.orderId }),
  ],
  "Mutation.acceptInvitation": [
    `mutation { it: acceptInvitation(input: { code: "2222-2222" }) { ${refusals} } }`,
    forCustomers("INVITATION_NOT_FOUND", "INVITATION_NOT_FOUND"),
  ],
  "Mutation.setSavingGoal": [`mutation { it: setSavingGoal(input: {}) { ${refusals} } }`, forCustomers("ok", "ok")],
  "Mutation.setWish": [
    `mutation ($id: ID!) { it: setWish(input: { rewardId: $id, wished: true }) { ${refusals} } }`,
    forCustomers("ok", "ok"),
    (of) => ({ id: of.reward.id }),
  ],

  "Query.operatorKeys": ["{ it: operatorKeys { name } }", forOperators("ok")],
  "Mutation.createOperatorKey": [
    `mutation ($input: CreateOperatorKeyInput!) { it: createOperatorKey(input: $input) { secret ${refusals} } }`,
    forOperators("INVALID_INPUT"),
    () => ({ input: { name: "?", roles: ["ADMIN"], expiresAt: "2026-01-01T00:00:00Z" } }),
  ],
  "Mutation.withdrawOperatorKey": [
    `mutation { it: withdrawOperatorKey(input: { name: "no-such-key" }) { ${refusals} } }`,
    forOperators("OPERATOR_KEY_NOT_FOUND"),
  ],
  "Mutation.approveReversal": [
    `mutation { it: approveReversal(input: { requestId: "none" }) { ${refusals} } }`,
    forOperators("REVERSAL_REQUEST_NOT_FOUND", "orders"),
  ],
  "Mutation.refuseReversal": [
    `mutation { it: refuseReversal(input: { requestId: "none" }) { ${refusals} } }`,
    forOperators("REVERSAL_REQUEST_NOT_FOUND", "orders"),
  ],
  "Query.operatorAccounts": ["{ it: operatorAccounts { name } }", forOperators("ok")],
  "Query.operatorSessions": ["{ it: operatorSessions { name } }", forOperators("ok")],
  "Mutation.createOperatorAccount": [
    `mutation { it: createOperatorAccount(input: { name: "?", roles: [ADMIN] }) { enrolmentSecret ${refusals} } }`,
    forOperators("INVALID_INPUT"),
  ],
  "Mutation.renewOperatorAccount": [
    `mutation { it: renewOperatorAccount(input: { name: "nobody" }) { enrolmentSecret ${refusals} } }`,
    forOperators("OPERATOR_ACCOUNT_NOT_FOUND"),
  ],
  "Mutation.setOperatorAccountRoles": [
    `mutation { it: setOperatorAccountRoles(input: { name: "nobody", roles: [ORDERS] }) { ${refusals} } }`,
    forOperators("OPERATOR_ACCOUNT_NOT_FOUND"),
  ],
  "Mutation.disableOperatorAccount": [
    `mutation { it: disableOperatorAccount(input: { name: "nobody" }) { ${refusals} } }`,
    forOperators("OPERATOR_ACCOUNT_NOT_FOUND"),
  ],
  "Mutation.endOperatorSession": [
    `mutation { it: endOperatorSession(input: { id: "none" }) { ${refusals} } }`,
    forOperators("OPERATOR_SESSION_NOT_FOUND"),
  ],
  "Query.brand": ["{ it: brand { name } }", everybody],
  "Mutation.setBrand": [
    `mutation { it: setBrand(input: { primaryColour: "pale" }) { ${refusals} } }`,
    forOperators("INVALID_INPUT"),
  ],
  "Query.webhooks": ["{ it: webhooks { name } }", forOperators("ok")],
  "Query.webhook": [`{ it: webhook(name: "none") { name } }`, forOperators("null")],
  "Mutation.createWebhook": [
    `mutation { it: createWebhook(input: { name: "?", url: "https://example.com", eventTypes: [TEST] }) { secret ${refusals} } }`,
    forOperators("INVALID_INPUT"),
  ],
  ...Object.fromEntries(
    [
      ["updateWebhook", `name: "no-such-webhook"`],
      ["rotateWebhookSecret", `name: "no-such-webhook"`],
      ["deleteWebhook", `name: "no-such-webhook"`],
      ["testWebhook", `name: "no-such-webhook"`],
      ["replayWebhook", `name: "no-such-webhook", deliveryIds: []`],
    ].map(([name, input]) => [
      `Mutation.${name}`,
      [
        `mutation { it: ${name}(input: { ${input} }) { ${refusals} } }`,
        forOperators("WEBHOOK_NOT_FOUND"),
      ] satisfies Row,
    ]),
  ),

  "Mutation.checkIn": [`mutation { it: checkIn { ${refusals} } }`, forCustomers("ok", "ok")],
  "Mutation.processReward": [
    `mutation { it: processReward(input: { payload: "{}" }) { ${refusals} } }`,
    forServices("MESSAGE_REFUSED", "rewards"),
  ],
  "Mutation.closeMonth": [
    `mutation { it: closeMonth(input: { month: "x", taken: 0, returned: 0, credited: 0, note: "n" }) { ${refusals} } }`,
    forOperators("INVALID_INPUT", "support"),
  ],
  "Mutation.redriveReward": [
    `mutation { it: redriveReward(input: { id: "x" }) { ${refusals} } }`,
    forOperators("QUARANTINED_REWARD_NOT_FOUND", "rewards", "support"),
  ],
  "Mutation.linkMember": [
    `mutation { it: linkMember(input: { customerId: "C" }) { ${refusals} } }`,
    forServices("INVALID_INPUT", "rewards", "support"),
  ],
  "Mutation.moveMember": [
    `mutation { it: moveMember(input: { customerId: "C", note: "n" }) { ${refusals} } }`,
    forOperators("MEMBER_NOT_FOUND", "support"),
  ],
  "Mutation.moveAward": [
    `mutation ($input: MoveAwardInput!) { it: moveAward(input: $input) { ${refusals} } }`,
    forOperators("NOTHING_TO_RESOLVE", "support"),
    (of) => ({ input: { awardId: of.orderId, customerId: "C", note: "n" } }),
  ],
  "Mutation.linkMembers": [
    `mutation { it: linkMembers(input: []) { ${refusals} } }`,
    forServices("ok", "rewards", "support"),
  ],
  "Mutation.createRewardRule": [
    `mutation { it: createRewardRule(input: { ruleId: "r", definition: "{}" }) { ${refusals} } }`,
    forOperators("INVALID_INPUT", "rewards"),
  ],
  "Mutation.reviseRewardRule": [
    `mutation { it: reviseRewardRule(input: { ruleId: "r", definition: "{}" }) { ${refusals} } }`,
    forOperators("INVALID_INPUT", "rewards"),
  ],
  "Mutation.retireRewardRule": [
    `mutation { it: retireRewardRule(input: { ruleId: "r" }) { ${refusals} } }`,
    forOperators("RULE_NOT_FOUND", "rewards"),
  ],
  "Mutation.exportCustomer": [
    `mutation { it: exportCustomer(input: { customerId: "nobody" }) { ${refusals} } }`,
    forOperators("CUSTOMER_NOT_FOUND", "support"),
  ],
  "Mutation.eraseCustomer": [
    `mutation { it: eraseCustomer(input: { customerId: "nobody", note: "n" }) { ${refusals} } }`,
    forOperators("CUSTOMER_NOT_FOUND"),
  ],
  "Mutation.runReconciliation": [
    `mutation { it: runReconciliation(input: { from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" }) { ${refusals} } }`,
    forOperators("INVALID_INPUT", "support"),
  ],
  "Mutation.importLedgerStatement": [
    `mutation { it: importLedgerStatement(input: { csv: "x" }) { ${refusals} } }`,
    forOperators("INVALID_INPUT", "support"),
  ],
  "Mutation.repairBreak": [
    `mutation ($id: ID!) { it: repairBreak(input: { breakId: $id, note: "n" }) { ${refusals} } }`,
    forOperators("BREAK_NOT_FOUND", "support"),
    (of) => ({ id: of.orderId }),
  ],
  "Mutation.openLuckyDraw": [
    `mutation { it: openLuckyDraw(input: { drawId: "d", announcement: "{}" }) { ${refusals} } }`,
    forOperators("INVALID_INPUT", "rewards"),
  ],
  "Mutation.closeLuckyDraw": [
    `mutation { it: closeLuckyDraw(input: { drawId: "d" }) { ${refusals} } }`,
    forOperators("DRAW_NOT_FOUND", "rewards"),
  ],

  "Subscription.orderStatus": [
    "subscription ($id: ID!) { it: orderStatus(orderId: $id) { seq } }",
    outcomes(
      ["UNAUTHENTICATED", "ok", "BAD_USER_INPUT", "ok", "BAD_USER_INPUT"],
      "BAD_USER_INPUT",
      "orders",
      "support",
    ),
    (of) => ({ id: of.orderId }),
  ],
  // Each viewer has a feed of their own, with an event from the start.
  "Subscription.memberEvents": [
    "subscription ($after: String) { it: memberEvents(after: $after) { seq } }",
    forCustomers("ok", "ok"),
    () => ({ after: makeCursor(["event", 0]) }),
  ],
};

/** Fields that differ within a visible type; its owner and operators with access to customers see all others. */
const exceptions: Record<string, Partial<Record<CallerName, Outcome>>> = {
  // An operator has no token of the customer's to read the ledger with.
  "Customer.wallet": { operator: "FORBIDDEN" },
  "Wallet.*": { operator: "FORBIDDEN" },
  // An operator is in no group.
  "GroupWallet.role": { operator: "null" },
  "Order.discrepancies": { owner: "null" },
  // For operators only. An assignee and a block are null until an operator sets them.
  "Order.notes": { owner: "null" },
  "Order.reversalRequests": { owner: "null" },
  "Customer.linkedIds": { owner: "null" },
  "Order.assignee": { owner: "null" },
  "Customer.sessions": { owner: "null" },
  "Customer.notes": { owner: "null" },
  "Customer.assignee": { owner: "null", operator: "null" },
  "Customer.block": { owner: "null", operator: "null" },
  // An operator subscribes to no customer's feed.
  "Customer.memberEventsCursor": { operator: "null" },
};
/** Empty: a voucher order has no address, the provider reports no expiries, the customer has no goal, and no rule is about referrals. */
const empty = new Set(["Order.shippingAddress", "Wallet.expiring", "Customer.savingGoal", "Customer.invitation"]);

const schema = buildSchema([]);
const rootFields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
  Object.keys(type?.getFields() ?? {}).map((field) => `${type?.name}.${field}`),
);
const personalTypes = {
  Customer: "customerId",
  Wallet: "walletId",
  GroupWallet: "groupWalletId",
  Cart: "cartId",
  Order: "orderId",
} as const;

let gateway: TestGateway;
let of: Belongings;
let [owner, other] = [] as unknown as [Customer, Customer];
let keys: Record<Role, Caller>;
const by = (name: CallerName): Caller =>
  ({ anonymous: gateway.anonymous, owner, other, operator: gateway.operator, service: gateway.service, ...keys })[name];

beforeAll(async () => {
  gateway = await startTestGateway();
  other = await gateway.customer();
  ({ owner, of } = await newOwner());
  const ofRole = (role: Role) => operatorKey(gateway, [role]);
  keys = {
    catalogue: await ofRole("catalogue"),
    orders: await ofRole("orders"),
    support: await ofRole("support"),
    rewards: await ofRole("rewards"),
  };
  await gateway.operator.ok(
    'mutation ($id: ID!) { assign(input: { to: { orderId: $id }, assignee: "asha" }) { userErrors { code } } }',
    { id: of.orderId },
  );
  await gateway.sql("select tell_member($1, 'AWARD_CREDITED', '{}', now())", [other.customerId]);
});
afterAll(async () => {
  for (const socket of sockets.values()) await socket.dispose();
  await gateway[Symbol.asyncDispose]();
});

async function newOwner() {
  const reward = await gateway.voucher();
  const { customer: owner, awardId } = await winner(gateway, reward.sku);
  const order = await orderSettled(owner, await claim(owner, awardId));
  await addToCart(owner, reward.id);
  gateway.sandbox.capillary.addCustomer({ externalId: owner.customerId });
  const group = gateway.sandbox.capillary.addGroup({
    externalId: `family of ${owner.customerId}`,
    members: [{ customer: owner.customerId }],
  });
  gateway.sandbox.capillary.setBalance({ group: group.id, points: 700 });
  const { me } = await owner.ok<{
    me: {
      id: string;
      wallet: { id: string };
      groupWallets: { id: string }[];
      cart: { id: string; lines: { id: string }[] };
    };
  }>("{ me { id wallet { id } groupWallets { id } cart { id lines { id } } } }");
  const of: Belongings = {
    customerId: me.id,
    walletId: me.wallet.id,
    groupId: String(group.id),
    groupWalletId: me.groupWallets[0]?.id ?? "",
    cartId: me.cart.id,
    lineId: me.cart.lines[0]?.id ?? "",
    orderId: order.id,
    orderLineId: order.lines[0]?.id ?? "",
    awardId,
    reward,
    parcel: await gateway.merchandise(),
  };
  return { owner, of };
}

type Answer = GraphqlAnswer<{ it: unknown }>;
async function ask(caller: Caller, document: string, variables: Record<string, unknown>): Promise<Answer> {
  return document.startsWith("subscription")
    ? askBySocket(caller, document, variables)
    : caller.send(document, variables);
}
/** The open socket of each caller. */
const sockets = new Map<Caller, Client>();
async function askBySocket(caller: Caller, document: string, variables: Record<string, unknown>): Promise<Answer> {
  const client = sockets.get(caller) ?? caller.socket({ lazyCloseTimeout: 60_000 });
  sockets.set(caller, client);
  try {
    for await (const event of client.iterate<{ it: unknown }>({ query: document, variables })) return event as Answer;
    throw new Error("it ended without a word");
  } catch (error) {
    if (Array.isArray(error)) return { errors: error }; // the answer to a refused operation
    throw error;
  }
}

function outcomeOf({ data, errors }: Answer): Outcome {
  if (errors) return errors.map((error) => error.extensions.code).join(", ");
  const it = Array.isArray(data?.it) && data.it.length > 0 ? data.it[0] : data?.it;
  if (it === null || it === undefined) return "null";
  const [refusal] = (it as { userErrors?: { code: string }[] }).userErrors ?? [];
  return refusal?.code ?? "ok";
}

test("every field of the schema has its row", () => {
  expect(Object.keys(rows).toSorted()).toEqual(rootFields.toSorted());
});

test("each field for operators or services declares the roles that the gateway requires to routers", () => {
  const argumentOf = (name: string, directive: string) => {
    const [type = "", field = ""] = name.split(".");
    const { directives } = (schema.getType(type) as GraphQLObjectType).getFields()[field]?.astNode ?? {};
    const value = directives?.find((each) => each.name.value === directive)?.arguments?.[0]?.value;
    return value && valueFromASTUntyped(value);
  };
  const said = Object.keys(rows).map((name) => {
    const scopes = argumentOf(name, "requiresScopes") as string[][] | undefined;
    return [name, { tag: argumentOf(name, "tag"), scopes: scopes?.map((all) => all.join(" and ")).toSorted() }];
  });
  const seen = Object.entries(rows).map(([name, [, outcomes]]) => {
    const { anonymous, owner, service } = outcomes;
    if (anonymous !== "UNAUTHENTICATED" || owner !== "FORBIDDEN") return [name, { tag: undefined, scopes: undefined }];
    const allowed = (["service", ...roles] as const).filter((caller) => outcomes[caller] !== "FORBIDDEN");
    return [name, { tag: service === "FORBIDDEN" ? "operator" : "service", scopes: [...allowed, "admin"].toSorted() }];
  });
  expect(Object.fromEntries(said)).toEqual(Object.fromEntries(seen));
});

describe.each(Object.entries(rows))("%s", (name, [document, outcomes, variables]) => {
  // These change the data of the other rows, or need the changes of the other rows.
  const isSpare = ["signOut", "clearCart", "removeCartLine", "placeOrder"].some((field) => name.endsWith(`.${field}`));
  let spare: { owner: Customer; other: Customer; of: Belongings } | undefined;
  beforeAll(async () => {
    if (isSpare) spare = { ...(await newOwner()), other: await gateway.customer() };
  });
  // The owner last: the owner may delete it.
  test.each(callers.toSorted((a, b) => Number(a === "owner") - Number(b === "owner")))("for the %s", async (caller) => {
    const asking = caller === "owner" || caller === "other" ? (spare?.[caller] ?? by(caller)) : by(caller);
    const answer = await ask(asking, document, variables?.(spare?.of ?? of) ?? {});
    expect(outcomeOf(answer)).toBe(outcomes[caller]);
  });
});

const queries = Object.entries(rows).filter(([name]) => name.startsWith("Query."));
test.each(queries)("each viewer gets the same over a socket: %s", async (_, [document, , variables]) => {
  const seen = async (how: typeof ask) =>
    Promise.all(
      callers.map(async (caller) => [caller, outcomeOf(await how(by(caller), document, variables?.(of) ?? {}))]),
    );
  expect(await seen(askBySocket)).toEqual(await seen(ask));
});

describe.each(Object.keys(personalTypes) as (keyof typeof personalTypes)[])("each field of a %s", (typeName) => {
  const type = schema.getType(typeName) as GraphQLObjectType;
  test.each(Object.values(type.getFields()).map((field) => [field.name, field] as const))("%s", async (name, field) => {
    const selection = isCompositeType(getNamedType(field.type)) ? " { __typename }" : "";
    const document = `query ($id: ID!) { it: node(id: $id) { ... on ${typeName} { field: ${name}${selection} } } }`;
    const outcomes: Record<string, Outcome> = {};
    for (const caller of callers) {
      const { data, errors } = await ask(by(caller), document, { id: of[personalTypes[typeName]] });
      const field = (data?.it as { field?: unknown } | null)?.field;
      const codes = errors?.map((error) => error.extensions.code).join(", ");
      outcomes[caller] = codes ?? (field === null || field === undefined ? "null" : "ok");
    }
    const fullName = `${typeName}.${name}`;
    const seen = empty.has(fullName) ? "null" : "ok";
    const differing = { ...exceptions[`${typeName}.*`], ...exceptions[fullName] };
    const { operator = seen } = differing;
    expect(outcomes).toEqual({
      anonymous: "null",
      owner: seen,
      other: "null",
      service: "null",
      catalogue: "null",
      rewards: "null",
      ...differing,
      operator,
      orders: operator,
      support: operator,
    });
  });
});

describe("another customer's data and missing data have the same answer, to the byte:", () => {
  const unknown = (type: string) => Buffer.from(`${type}:${randomUUID()}`).toString("base64url");
  const cases: [name: string, type: string, id: (of: Belongings) => string, input?: (id: string) => object][] = [
    ["Query.node", "Order", (of) => of.orderId],
    ["Query.nodes", "Cart", (of) => of.cartId],
    ["Query.order", "Order", (of) => of.orderId],
    ["Query.groupWallet", "GroupWallet", (of) => of.groupId],
    ["Query._entities", "Order", (of) => of.orderId],
    ["Mutation.updateCartLine", "CartLine", (of) => of.lineId],
    ["Mutation.removeCartLine", "CartLine", (of) => of.lineId],
    ["Mutation.claimPrize", "RewardAward", (of) => of.awardId],
    ["Mutation.cancelOrder", "Order", (of) => of.orderId],
    ["Mutation.revealVoucher", "OrderLine", (of) => of.orderLineId],
    ["Subscription.orderStatus", "Order", (of) => of.orderId],
  ];
  test.each(cases)("%s", async (name, type, idOf) => {
    const [document, , variables] = rows[name] as Row;
    const full = document.replace("userErrors { code }", "userErrors { __typename code message field }");
    const foreign = variables?.(of) ?? {};
    const answers = new Set<string>();
    for (const id of [idOf(of), unknown(type), unknown("Reward"), "x", ""]) {
      const asked = JSON.parse(JSON.stringify(foreign).replaceAll(idOf(of), id));
      const text = document.startsWith("subscription")
        ? JSON.stringify(await ask(other, full, asked))
        : (await postRaw(gateway.url, { query: full, variables: asked }, { authorization: `Bearer ${other.token}` }))
            .text;
      answers.add(text.replace(/"requestId":"[^"]*"/, '"requestId":""'));
    }
    expect([...answers]).toHaveLength(1);
  });
});
