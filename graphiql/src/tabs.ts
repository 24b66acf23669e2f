import addForGroup from "./tabs/add-for-group.graphql?raw";
import addToCart from "./tabs/add-to-cart.graphql?raw";
import browseGroupRewards from "./tabs/browse-group-rewards.graphql?raw";
import browseRewards from "./tabs/browse-rewards.graphql?raw";
import checkIn from "./tabs/check-in.graphql?raw";
import followMember from "./tabs/follow-member.graphql?raw";
import followOrder from "./tabs/follow-order.graphql?raw";
import attention from "./tabs/operators/attention.graphql?raw";
import audit from "./tabs/operators/audit.graphql?raw";
import find from "./tabs/operators/find.graphql?raw";
import operatorOrders from "./tabs/operators/orders.graphql?raw";
import rules from "./tabs/operators/rewards.graphql?raw";
import webhooks from "./tabs/operators/webhooks.graphql?raw";
import placeOrder from "./tabs/place-order.graphql?raw";
import pointsTrail from "./tabs/points-trail.graphql?raw";
import requestOtp from "./tabs/request-otp.graphql?raw";
import revealVoucher from "./tabs/reveal-voucher.graphql?raw";
import verifyOtp from "./tabs/verify-otp.graphql?raw";
import walletAndCart from "./tabs/wallet-and-cart.graphql?raw";

const tab = (query: string, variables?: object) => ({
  query: query.trim(),
  variables: variables ? JSON.stringify(variables, null, 2) : "",
});

/** Adds the sandbox's OTP command below the query's first comment. */
const withSandbox = (query: string, sandboxUrl: string) =>
  query.replace("\n", `\n# The sandbox shows it:\n# curl '${sandboxUrl}/__sandbox/client/otp?customer_id=CUST12345'\n`);

/**
 * Returns the default tabs, in order from sign-in to the voucher code. `placeholders.ts` fills the values in angle brackets.
 *
 * @param sandboxUrl origin of the gateway's sandbox; null without a sandbox
 */
export const createTabs = (sandboxUrl: string | null) => [
  tab(sandboxUrl === null ? requestOtp : withSandbox(requestOtp, sandboxUrl), { input: { customerId: "CUST12345" } }),
  tab(verifyOtp, { input: { challengeId: "<challengeId>", otp: "<otp>" } }),
  tab(walletAndCart),
  tab(browseRewards, { first: 5, filter: { kinds: ["E_GIFT_VOUCHER"] }, sort: "POINTS_ASC" }),
  tab(addToCart, { input: { rewardId: "<rewardId>", quantity: 1, payWith: "INDIVIDUAL" } }),
  tab(browseGroupRewards, { groupWalletId: "<groupWalletId>", pointsMin: 100, first: 5 }),
  tab(addForGroup, {
    forGroup: { rewardId: "<groupRewardId>", payWith: "GROUP", groupWalletId: "<groupWalletId>" },
    forMyself: { rewardId: "<ownRewardId>", payWith: "INDIVIDUAL" },
  }),
  tab(placeOrder, { input: { idempotencyKey: "<idempotencyKey>", dryRun: false } }),
  tab(followOrder, { orderId: "<orderId>" }),
  tab(revealVoucher, { input: { orderLineId: "<orderLineId>" } }),
  tab(pointsTrail, { orderId: "<orderId>" }),
  tab(checkIn),
  tab(followMember, { after: "<memberEventsCursor>" }),
];

/** Prepared operations for operators. Operators put their token into the Headers tab. */
export const operatorTabs = [
  tab(attention),
  tab(find, { text: "CUST12345" }),
  tab(operatorOrders, { filter: { openDiscrepancies: true } }),
  tab(rules),
  tab(webhooks),
  tab(audit),
];
