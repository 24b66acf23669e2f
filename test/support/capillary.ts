import type { Customer, TestGateway } from "./gateway.ts";
import type { Caller } from "./graphql.ts";

/** How often Capillary is asked for what while `work` runs. */
export async function callsOf(gateway: TestGateway, work: () => Promise<unknown>): Promise<Record<string, number>> {
  const from = gateway.sandbox.calls.since(0).at(-1)?.seq ?? 0;
  await work();
  const counts: Record<string, number> = {};
  for (const { upstream, operation } of gateway.sandbox.calls.since(from)) {
    if (upstream === "capillary") counts[operation] = (counts[operation] ?? 0) + 1;
  }
  return counts;
}

export const syncCatalog = (gateway: TestGateway) =>
  gateway.operator.ok("mutation { syncCatalog { added userErrors { message } } }");

/** The id of a mirrored reward, by Capillary's number. */
export async function mirroredReward(gateway: TestGateway, number: number): Promise<string> {
  const { reward } = await gateway.anonymous.ok<{ reward: { id: string } | null }>(
    "query ($sku: String!) { reward(sku: $sku) { id } }",
    { sku: `CAP-${number}` },
  );
  if (!reward) throw new Error(`reward ${number} is not mirrored`);
  return reward.id;
}

export const groupWalletId = (groupId: number | string) => Buffer.from(`GroupWallet:${groupId}`).toString("base64url");
export const groupNumber = (globalId: string) => Number(Buffer.from(globalId, "base64url").toString().split(":")[1]);

/** A new group that the first of them leads. @returns its global id */
export function newGroup(
  gateway: TestGateway,
  group: {
    members: (Customer | string)[];
    points: number;
    name?: string;
    status?: "ACTIVE" | "INACTIVE" | "DELETED";
    redemptionConfigured?: boolean;
  },
): string {
  const { members, points, ...rest } = group;
  const { capillary } = gateway.sandbox;
  const named = members.map((member) => ({ customer: typeof member === "string" ? member : member.customerId }));
  const { id } = capillary.addGroup({ members: named, ...rest });
  capillary.setBalance({ group: id, points });
  return groupWalletId(id);
}

interface Funding {
  payWith: string;
  groupWallet: { id: string } | null;
  points: number;
  available: number | null;
  remaining: number | null;
  shortBy: number | null;
}

export interface CartSeen {
  id: string;
  version: number;
  total: number;
  lines: {
    id: string;
    quantity: number;
    unitPoints: number;
    points: number;
    payWith: string;
    groupWallet: { id: string; name: string } | null;
  }[];
  funding: Funding[];
  problems: { code: string; lineId: string | null; message: string }[];
  readyToOrder: boolean;
}

const cartFields = `id version total lines { id quantity unitPoints points payWith groupWallet { id name } }
  funding { payWith groupWallet { id } points available remaining shortBy } problems { code lineId message } readyToOrder`;

/** Every fact of a refusal. */
export const refusalFields = `__typename code message field ... on InsufficientPoints { required available shortBy }
  ... on LimitReached { limit alreadyRedeemed } ... on NotRedeemable { reason upstreamCode }`;

export async function changeCart(
  customer: Caller,
  mutation: string,
  input: object,
  wanted = cartFields,
): Promise<{ cart: CartSeen | null; userErrors: Record<string, unknown>[] }> {
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) {
    answer: ${mutation}(input: $input) { cart { ${wanted} } userErrors { ${refusalFields} } } }`;
  const { data, errors } = await customer.send<{ answer: Awaited<ReturnType<typeof changeCart>> }>(query, { input });
  if (errors || !data) throw new Error(JSON.stringify(errors));
  return data.answer;
}

export const readCart = async (customer: Caller, wanted = cartFields): Promise<CartSeen> =>
  (await customer.ok<{ me: { cart: CartSeen } }>(`{ me { cart { ${wanted} } } }`)).me.cart;
