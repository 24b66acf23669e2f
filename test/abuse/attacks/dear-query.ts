import { randomUUID } from "node:crypto";
import type { Attack } from "../main.ts";
import { bystander } from "../world.ts";

const ORDERS = 60;

/** A customer asks for orders within the history of orders, and for each whether it could be cancelled. */
export const attack: Attack = {
  async run(world) {
    const token = await world.signIn("DEAR-QUERY");
    const own = { authorization: `Bearer ${token}` };
    const create = `mutation { createReward(input: { sku: "PARCEL", kind: MERCHANDISE, name: "Parcel", description: "d", points: 1,
      brand: "b", category: "c", imageUrl: "/x.svg" }) { reward { id } } }`;
    const { id } = (await world.send(create, world.operator)).body.data.createReward.reward;
    for (let nth = 0; nth < ORDERS; nth += 1) {
      await world.send(`mutation { addToCart(input: { rewardId: "${id}" }) { userErrors { code } } }`, own);
      await world.send(
        `mutation { placeOrder(input: { idempotencyKey: "${randomUUID()}", shippingAddress: { name: "A B", line1: "1 Road",
          city: "Pune", postalCode: "411001", country: "IN" } }) { userErrors { code } } }`,
        own,
      );
    }
    const query =
      "{ me { orders(first: 100) { nodes { a: cancellable history { order { b: cancellable history { order { c: cancellable } } } } } } } }";
    const one = "{ me { orders(first: 100) { nodes { cancellable } } } }";
    const cpuBefore = world.cpuMs();
    const asking = world.send(query, own);
    const waits = await bystander(world, "{ rewards(first: 5) { nodes { name } } }", asking);
    const { ms, body } = await asking;
    const cpuMs = world.cpuMs() - cpuBefore;
    const batch = await world.send(one, own);
    return {
      [`orders within history within orders, of ${ORDERS} orders`]: `${Math.round(ms)} ms: ${body.errors?.[0]?.message ?? "answered"}`,
      "CPU of it": `${Math.round(cpuMs)} ms`,
      "the bystander's worst wait": `${waits.worst} ms`,
      "`cancellable` of all orders": `${Math.round(batch.ms)} ms: ${batch.body.errors?.[0]?.message ?? "answered"}`,
    };
  },
};
