import { randomInt } from "node:crypto";
import type { OrderStatus } from "../../../src/graphql/generated/resolvers.ts";
import type { Customer, TestGateway } from "../gateway.ts";
import type { Caller } from "../graphql.ts";
import { addRule, link, post } from "./rewards.ts";

let draws = 0;

type Prize = { kind: "reward"; sku: string } | { kind: "points"; points: number };

export const openDraw = ({ operator }: TestGateway, drawId: string, prize: Prize) =>
  operator.send<{
    openLuckyDraw: { draw: object | null; userErrors: { code: string; message: string; field: string[] }[] };
  }>(
    `mutation ($input: OpenLuckyDrawInput!) {
      openLuckyDraw(input: $input) { draw { prizes { sku } } userErrors { code message field } } }`,
    {
      input: {
        drawId,
        announcement: JSON.stringify({
          name: "Everybody wins",
          prizes: [
            { id: "prize", name: "The prize", oddsPpm: 1_000_000, stock: null, ...prize },
            { id: "no-luck", name: "No luck", oddsPpm: 0, stock: null, kind: "none" },
          ],
          fallback: "no-luck",
        }),
      },
    },
  );

/** Buys a ticket of a draw of its own, which can only win. @returns the winner's id at the producers, and the draw */
export async function win(gateway: TestGateway, prize: Prize, userId = randomInt(10_000, 2 ** 31)) {
  const drawId = `draw-${++draws}`;
  const { data } = await openDraw(gateway, drawId, prize);
  if (!data?.openLuckyDraw.draw) throw new Error(`no draw: ${JSON.stringify(data?.openLuckyDraw.userErrors)}`);
  await addRule(gateway, `tickets-of-${drawId}`, "luckydraw", {
    drawId,
    amountPerTicket: 100,
    priority: draws, // goes before those in which the same member has won
    audience: { kind: "members", memberIds: [`user:${userId}`] },
  });
  const { body } = await post(gateway, {
    Action: "luckydraw",
    Data: { id: userId, trxId: drawId, transaction: [{ date: "2024-02-08T11:22:06", amount: 150 }] },
  });
  if (body.code !== 200) throw new Error(`no ticket: ${JSON.stringify(body)}`);
  return { userId, drawId };
}

/** A customer known to producers, who has won this reward. @returns the customer and the award's id */
export async function winner(gateway: TestGateway, sku: string): Promise<{ customer: Customer; awardId: string }> {
  const customer = await gateway.customer({ balance: 1_000 });
  const userId = randomInt(10_000, 2 ** 31);
  await link(gateway, { customerId: customer.customerId, userId: String(userId) });
  await win(gateway, { kind: "reward", sku }, userId);
  return { customer, awardId: (await prizesOf(customer))[0]?.id ?? "" };
}

export interface SeenPrize {
  id: string;
  unit: string;
  quantity: number;
  state: string;
  claimable: boolean;
  settledAt: string | null;
  drawId: string;
  explanation: string[];
  reward: { sku: string } | null;
  order: { id: string; status: OrderStatus } | null;
}

/** The customer's prizes, without the tickets that won them. */
export async function prizesOf(customer: Caller): Promise<SeenPrize[]> {
  const { me } = await customer.ok<{ me: { rewardHistory: { nodes: SeenPrize[] } } }>(
    `{ me { rewardHistory { nodes {
      id unit quantity state claimable settledAt drawId explanation reward { sku } order { id status } } } } }`,
  );
  return me.rewardHistory.nodes.filter(({ unit }) => unit !== "TICKETS");
}

export interface ClaimAnswer {
  claimPrize: {
    order: { id: string; number: string } | null;
    replayed: boolean;
    userErrors: { __typename: string; code: string; message: string; field: string[] | null }[];
  };
}

export const sendClaim = (customer: Caller, awardId: string, shippingAddress?: object) =>
  customer.send<ClaimAnswer>(
    `mutation ($input: ClaimPrizeInput!) {
      claimPrize(input: $input) { order { id number } replayed userErrors { __typename code message field } } }`,
    { input: { awardId, ...(shippingAddress && { shippingAddress }) } },
  );

/** @returns the id of the order of the claim */
export async function claim(customer: Caller, awardId: string, shippingAddress?: object): Promise<string> {
  const { data, errors } = await sendClaim(customer, awardId, shippingAddress);
  const order = data?.claimPrize.order;
  if (!order) throw new Error(`not claimed: ${JSON.stringify(errors ?? data?.claimPrize.userErrors)}`);
  return order.id;
}

export async function claimRefused(customer: Caller, awardId: string, shippingAddress?: object): Promise<string[]> {
  const { data } = await sendClaim(customer, awardId, shippingAddress);
  return data?.claimPrize.userErrors.map(({ code, field }) => [code, ...(field ?? [])].join(" ")) ?? [];
}
