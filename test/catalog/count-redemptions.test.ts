import { expect, test } from "vitest";
import { startTestGateway } from "../support/gateway.ts";
import { orderPrepared, placeOrder } from "../support/orders.ts";

test("redeemed units count for a reward's popularity, each once", async () => {
  await using gateway = await startTestGateway();
  const customer = await gateway.customer({ balance: 5_000 });
  const [codes, parcels, other] = [
    await gateway.voucher({ points: 10, codes: 2 }),
    await gateway.merchandise({ points: 10, stock: 5 }),
    await gateway.voucher({ points: 10 }),
  ];
  await orderPrepared(customer, await placeOrder(customer, [codes.id, 2], [parcels.id, 3]));
  const popularity = () =>
    gateway.sql("select popularity from rewards where sku = any($1) order by array_position($1, sku)", [
      [codes.sku, parcels.sku, other.sku],
    ]);
  await Promise.all([gateway.reconcile(), gateway.reconcile()]);
  await gateway.reconcile();
  expect(await popularity()).toEqual([{ popularity: 2 }, { popularity: 3 }, { popularity: 0 }]);
});
