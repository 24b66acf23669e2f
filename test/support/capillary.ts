import { randomUUID } from "node:crypto";
import type { Customer, TestGateway } from "./gateway.ts";
import type { Caller } from "./graphql.ts";

/** Counts the calls to Capillary by operation while `work` runs, without the issue calls of earlier orders. */
export async function callsOf(gateway: TestGateway, work: () => Promise<unknown>): Promise<Record<string, number>> {
  const from = gateway.sandbox.calls.since(0).at(-1)?.seq ?? 0;
  await work();
  const counts: Record<string, number> = {};
  for (const { upstream, operation } of gateway.sandbox.calls.since(from)) {
    if (upstream === "capillary" && operation !== "issue") counts[operation] = (counts[operation] ?? 0) + 1;
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

/** A new group whose first member leads it. @returns its global id */
export function newGroup(
  gateway: TestGateway,
  group: {
    members: (Customer | string)[];
    points: number;
    id?: number;
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

/** Every field of a refusal. */
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

/** An order whose points the group has paid or will pay, of a new customer unless named. @returns its global id */
export async function movementsOf(
  gateway: TestGateway,
  group: string,
  movements: [state: string, points: number][],
  whose?: Customer,
): Promise<string> {
  const groupId = String(groupNumber(group));
  const orderId = randomUUID();
  const customer = whose ?? (await gateway.customer());
  await customer.ok("{ me { cart { id } } }");
  await gateway.sql(
    `insert into orders (id, number, customer_id, cart_id, total, placed_at)
     select $1, $2, customer_id, id, 0, now() from carts where customer_id = $3 and status = 'OPEN'`,
    [orderId, `ORD-${orderId}`, customer.customerId],
  );
  await gateway.sql("update carts set status = 'ORDERED' where customer_id = $1", [customer.customerId]);
  for (const [index, [state, points]] of movements.entries()) {
    const lineId = randomUUID();
    const unitId = randomUUID();
    await gateway.sql(
      `insert into order_lines (id, order_id, position, reward_id, name, kind, source, quantity, unit_points, pay_with, group_id)
       select $1, $2, $3, id, name, kind, source, 1, $4, 'GROUP', $5 from rewards where sku = 'CAP-15465'`,
      [lineId, orderId, index + 1, points, groupId],
    );
    await gateway.sql("insert into order_units (id, line_id, unit) values ($1, $2, 1)", [unitId, lineId]);
    await gateway.sql(
      `insert into points_movements (id, order_id, customer_id, kind, number, ledger, pay_with, group_id, unit_id, points, line_ids, state, reference, requested_at)
       values ($1, $2, $3, 'TAKEN', $4, 'CAPILLARY', 'GROUP', $5, $6, $7, array[$8::uuid], $9::movement_state, 'r', now())`,
      [randomUUID(), orderId, customer.customerId, index + 1, groupId, unitId, points, lineId, state],
    );
  }
  return Buffer.from(`Order:${orderId}`).toString("base64url");
}
