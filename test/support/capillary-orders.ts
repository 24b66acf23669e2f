import { randomUUID } from "node:crypto";
import type { z } from "zod";
import type { paymentConfigSchema, Reward } from "../../sandbox/capillary/records.ts";
import { groupNumber, newGroup, syncCatalog } from "./capillary.ts";
import type { Customer, TestGateway } from "./gateway.ts";
import { sendPlaceOrder } from "./orders.ts";

/** A mirrored reward that Capillary issues. */
export interface IssuableReward {
  id: string;
  upstreamId: number;
  points: number;
}

/** A customer known to both sides, with points at the Client, and with points at Capillary as the head of a group. */
export interface GroupMember extends Customer {
  groupId: number;
  groupWalletId: string;
}

export async function groupMember(
  gateway: TestGateway,
  { balance = 1_000, groupPoints = 1_000 }: { balance?: number; groupPoints?: number } = {},
): Promise<GroupMember> {
  const customer = await gateway.customer({ balance });
  gateway.sandbox.capillary.addCustomer({ externalId: customer.customerId });
  const wallet = newGroup(gateway, { members: [customer], points: groupPoints });
  return { ...customer, groupId: groupNumber(wallet), groupWalletId: wallet };
}

let configs = 900_000;
type PaymentConfig = z.input<typeof paymentConfigSchema>;
export const forPoints = (points: number): PaymentConfig => ({ id: ++configs, mode: "POINTS", points });
export const forFree = (): PaymentConfig => ({ id: ++configs, mode: "FREE" });

/** A new reward at Capillary and in our catalogue, payable from every wallet unless `reward` says otherwise. */
export async function issuable(
  gateway: TestGateway,
  { points = 100, ...more }: Partial<Reward> & { points?: number } = {},
): Promise<IssuableReward> {
  const { id } = gateway.sandbox.capillary.addReward({
    name: `Treat ${randomUUID().slice(0, 8)}`,
    intouchPoints: points,
    paymentConfigs: [forPoints(points), forFree()],
    ...more,
  });
  await syncCatalog(gateway);
  const { reward } = await gateway.operator.ok<{ reward: { id: string; points: number } }>(
    "query ($sku: String) { reward(sku: $sku) { id points } }",
    { sku: `CAP-${id}` },
  );
  return { ...reward, upstreamId: id };
}

/** Puts a reward into the cart, paid by the group if there is one. */
export async function addLine(
  customer: Customer,
  reward: { id: string },
  { quantity = 1, groupWalletId }: { quantity?: number; groupWalletId?: string } = {},
): Promise<void> {
  const payWith = groupWalletId ? "GROUP" : "INDIVIDUAL";
  await customer.ok("mutation ($input: AddToCartInput!) { addToCart(input: $input) { userErrors { code message } } }", {
    input: { rewardId: reward.id, quantity, payWith, groupWalletId },
  });
}

/** Orders the cart. @returns the new order's id */
export async function orderCart(customer: Customer): Promise<string> {
  const { data, errors } = await sendPlaceOrder(customer);
  const order = data?.placeOrder.order;
  if (!order) throw new Error(`the order was not placed: ${JSON.stringify(errors ?? data?.placeOrder.userErrors)}`);
  return order.id;
}

/** The results of Capillary's issue calls for a customer, in order. */
export const issualsOf = (gateway: TestGateway, { customerId }: Customer) =>
  gateway.sandbox.capillary.issuals(customerId).map(({ requestId, state, rewardId, redemption }) => ({
    requestId,
    state,
    rewardId,
    points: redemption?.points ?? 0,
  }));
