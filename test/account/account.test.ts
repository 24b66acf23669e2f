import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Customer, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { address, orderPrepared, orderSettled, placeOrder } from "../support/orders.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** The data of an answer, also of a refusal. */
async function dataOf<Data>(
  caller: Pick<Customer, "send">,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Data> {
  const { data, errors } = await caller.send<Data>(query, variables);
  if (!data) throw new Error(JSON.stringify(errors));
  return data;
}

interface Told {
  userErrors: { code: string; field: string[] | null }[];
}

describe("saved addresses", () => {
  const fields = "id address { name line1 line2 city region postalCode country phone }";
  interface Saved {
    id: string;
    address: Record<string, string | null>;
  }
  const save = async (customer: Customer, input: object) =>
    (
      await dataOf<{
        saveAddress: Told & { savedAddress: Saved | null; customer: { savedAddresses: Saved[] } | null };
      }>(
        customer,
        `mutation ($input: SaveAddressInput!) { saveAddress(input: $input) {
          savedAddress { ${fields} } customer { savedAddresses { ${fields} } } userErrors { code field } } }`,
        { input },
      )
    ).saveAddress;
  const saved = async (customer: Customer) =>
    (await customer.ok<{ me: { savedAddresses: Saved[] } }>(`{ me { savedAddresses { ${fields} } } }`)).me
      .savedAddresses;

  test("are listed by last use, newest first, and the same address is saved once", async () => {
    const customer = await gateway.customer();
    const first = await save(customer, { address: { ...address, phone: "+91 98200 12345" } });
    const second = await save(customer, { address: { ...address, line1: "1 Hill Street" } });
    expect((await saved(customer)).map(({ id }) => id)).toEqual([second.savedAddress?.id, first.savedAddress?.id]);

    const again = await save(customer, { address: { ...address, name: ` ${address.name} `, phone: "98200 12345" } });
    expect(again.savedAddress).toEqual(first.savedAddress);
    expect(again.customer?.savedAddresses.map(({ id }) => id)).toEqual([
      first.savedAddress?.id,
      second.savedAddress?.id,
    ]);
    expect(await saved(await gateway.customer())).toEqual([]);
  });

  test("are changed and removed only by their customer, and a repeated removal does nothing", async () => {
    const [customer, other] = [await gateway.customer(), await gateway.customer()];
    const { savedAddress } = await save(customer, { address });
    const id = savedAddress?.id;
    expect((await save(other, { id, address })).userErrors).toEqual([
      { code: "ADDRESS_NOT_FOUND", field: ["input", "id"] },
    ]);
    const changed = await save(customer, { id, address: { ...address, city: "Mumbai" } });
    expect(changed.savedAddress).toMatchObject({ id, address: { city: "Mumbai" } });

    const remove = (caller: Customer) =>
      caller.ok("mutation ($id: ID!) { removeAddress(input: { id: $id }) { userErrors { code } } }", { id });
    await remove(other);
    expect(await saved(customer)).toHaveLength(1);
    await remove(customer);
    await remove(customer);
    expect(await saved(customer)).toEqual([]);
  });

  test("are checked like the address of an order, field by field", async () => {
    const customer = await gateway.customer();
    const { userErrors } = await save(customer, { address: { ...address, city: " ", country: "ZZ" } });
    expect(userErrors.map(({ code, field }) => [code, field?.join(".")])).toEqual([
      ["INVALID_INPUT", "input.address.city"],
      ["INVALID_INPUT", "input.address.country"],
    ]);
    const phone = await save(customer, { address: { ...address, phone: "call me" } });
    expect(phone.userErrors).toEqual([{ code: "INVALID_INPUT", field: ["input", "address", "phone"] }]);
  });

  test("are 20 at most: the least recently used one is replaced", async () => {
    const customer = await gateway.customer();
    for (let number = 1; number <= 22; number += 1)
      await save(customer, { address: { ...address, line1: `${number} Lane` } });
    const lines = (await saved(customer)).map((each) => each.address["line1"]);
    expect(lines).toEqual(Array.from({ length: 20 }, (_, index) => `${22 - index} Lane`));
  });
});

describe("the wish list", () => {
  const set = (customer: Customer, rewardId: string, wished: boolean) =>
    dataOf<{
      setWish: Told & { reward: { wished: boolean } | null; customer: { wishList: { name: string }[] } | null };
    }>(
      customer,
      `mutation ($rewardId: ID!, $wished: Boolean!) { setWish(input: { rewardId: $rewardId, wished: $wished }) {
        reward { wished } customer { wishList { name } } userErrors { code field } } }`,
      { rewardId, wished },
    );

  test("lists the newest wish first, has each reward once, and belongs to one customer", async () => {
    const customer = await gateway.customer();
    const [tea, lamp] = [await gateway.voucher({ name: "Tea tin" }), await gateway.merchandise({ name: "Desk lamp" })];
    await set(customer, tea.id, true);
    const { setWish } = await set(customer, lamp.id, true);
    expect(setWish).toMatchObject({
      reward: { wished: true },
      customer: { wishList: [{ name: "Desk lamp" }, { name: "Tea tin" }] },
    });
    await set(customer, tea.id, true);
    const wishedBy = async (caller: Pick<Customer, "ok">) =>
      (
        await caller.ok<{ node: { wished: boolean } }>(
          "query ($id: ID!) { node(id: $id) { ... on Reward { wished } } }",
          { id: tea.id },
        )
      ).node.wished;
    expect([
      await wishedBy(customer),
      await wishedBy(await gateway.customer()),
      await wishedBy(gateway.anonymous),
    ]).toEqual([true, false, false]);
    const off = await set(customer, tea.id, false);
    expect(off.setWish).toMatchObject({ reward: { wished: false }, customer: { wishList: [{ name: "Desk lamp" }] } });
  });

  test("accepts only rewards of the catalogue, and only from customers", async () => {
    const customer = await gateway.customer();
    const { setWish } = await set(customer, customer.customerId, true);
    expect(setWish.userErrors).toEqual([{ code: "REWARD_NOT_FOUND", field: ["input", "rewardId"] }]);
    const { errors } = await gateway.anonymous.send(
      `mutation { setWish(input: { rewardId: "x", wished: true }) { userErrors { code } } }`,
    );
    expect(errors?.[0]).toMatchObject({ extensions: { code: "UNAUTHENTICATED" } });
  });
});

describe("vouchers", () => {
  interface Shown {
    id: string;
    state: string;
    usedAt: string | null;
    orderLine: { name: string; order: { id: string } };
  }
  const page = async (customer: Customer, args = "") =>
    (
      await customer.ok<{
        me: { vouchers: { nodes: Shown[]; totalCount: number; pageInfo: { endCursor: string; hasNextPage: boolean } } };
      }>(
        `{ me { vouchers${args} { totalCount pageInfo { endCursor hasNextPage } nodes { id state usedAt orderLine { name order { id } } } } } }`,
      )
    ).me.vouchers;
  const mark = async (customer: Customer, voucherId: string, used: boolean) =>
    (
      await dataOf<{ markVoucher: Told & { voucher: Shown | null } }>(
        customer,
        `mutation ($input: MarkVoucherInput!) { markVoucher(input: $input) { voucher { id state usedAt } userErrors { code field } } }`,
        { input: { voucherId, used } },
      )
    ).markVoucher;

  test("are listed for all orders, page by page, each with its order", async () => {
    const customer = await gateway.customer();
    const [one, two] = [await gateway.voucher({ name: "First card" }), await gateway.voucher({ name: "Second card" })];
    const firstOrder = await placeOrder(customer, one.id);
    await orderSettled(customer, firstOrder);
    const secondOrder = await placeOrder(customer, two.id);
    await orderSettled(customer, secondOrder);
    const newest = await page(customer, "(first: 1)");
    expect(newest).toMatchObject({
      totalCount: 2,
      nodes: [{ state: "READY", orderLine: { name: "Second card", order: { id: secondOrder } } }],
    });
    const rest = await page(customer, `(first: 1, after: "${newest.pageInfo.endCursor}")`);
    expect(rest).toMatchObject({
      pageInfo: { hasNextPage: false },
      nodes: [{ orderLine: { order: { id: firstOrder } } }],
    });
    expect((await page(customer, "(last: 1)")).nodes).toEqual(rest.nodes);
    expect((await page(await gateway.customer())).totalCount).toBe(0);
  });

  test("are marked as used or unused only by their customer, and a repeated mark keeps the first time", async () => {
    const [customer, other] = [await gateway.customer(), await gateway.customer()];
    await orderSettled(customer, await placeOrder(customer, (await gateway.voucher()).id));
    const id = (await page(customer)).nodes[0]?.id ?? "";
    expect((await mark(other, id, true)).userErrors).toEqual([
      { code: "VOUCHER_NOT_FOUND", field: ["input", "voucherId"] },
    ]);
    const { voucher } = await mark(customer, id, true);
    expect(voucher).toMatchObject({ state: "USED", usedAt: expect.any(String) });
    expect((await mark(customer, id, true)).voucher?.usedAt).toBe(voucher?.usedAt);
    expect((await page(customer, "(filter: { states: [READY] })")).totalCount).toBe(0);
    expect((await page(customer, "(filter: { states: [USED, EXPIRED] })")).totalCount).toBe(1);
    expect((await page(customer, "(filter: { states: [] })")).totalCount).toBe(0);
    expect((await mark(customer, id, false)).voucher).toMatchObject({ state: "READY", usedAt: null });
  });

  test("expire when their last day ends in the programme's time zone", async () => {
    const customer = await gateway.customer();
    await orderSettled(customer, await placeOrder(customer, (await gateway.voucher()).id));
    const id = (await page(customer)).nodes[0]?.id ?? "";
    const good = async (lastDay: string) => {
      await gateway.sql(
        `update voucher_codes set valid_until = (now() at time zone 'Asia/Jakarta')::date + $2::int
         where unit_id in (select u.id from order_units u join order_lines l on l.id = u.line_id join orders o on o.id = l.order_id
           where o.customer_id = $1)`,
        [customer.customerId, lastDay],
      );
      const { nodes } = await page(customer);
      const counts = await Promise.all(
        ["READY", "EXPIRED"].map(
          async (state) => (await page(customer, `(filter: { states: [${state}] })`)).totalCount,
        ),
      );
      return [nodes[0]?.state, ...counts];
    };
    expect(await good("1")).toEqual(["READY", 1, 0]);
    expect(await good("-2")).toEqual(["EXPIRED", 0, 1]);
    expect((await mark(customer, id, true)).voucher?.state).toBe("USED");
  });
});

describe("the statement of a wallet", () => {
  interface Entry {
    kind: string;
    points: number;
    order: { id: string } | null;
    award: { rule: string } | null;
  }
  const entries = async (customer: Customer, args = "") =>
    (
      await customer.ok<{
        me: { wallet: { entries: { nodes: Entry[]; totalCount: number; pageInfo: { endCursor: string } } } };
      }>(
        `{ me { wallet { entries${args} { totalCount pageInfo { endCursor } nodes { kind points order { id } award { rule } } } } } }`,
      )
    ).me.wallet.entries;

  test("lists deductions and refunds with their orders, and no refused movement", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const given = await placeOrder(customer, (await gateway.voucher({ points: 300 })).id);
    await orderSettled(customer, given);
    const parcel = await placeOrder(customer, (await gateway.merchandise({ points: 200 })).id);
    await orderPrepared(customer, parcel);
    await customer.ok("mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { userErrors { code } } }", {
      input: { orderId: parcel, idempotencyKey: randomUUID() },
    });
    await orderSettled(customer, parcel);
    gateway.fault("redeem", { fault: "refuse" });
    await orderSettled(customer, await placeOrder(customer, (await gateway.voucher({ points: 100 })).id));

    const { nodes, totalCount } = await entries(customer);
    expect(nodes.map(({ kind, points, order }) => [kind, points, order?.id])).toEqual([
      ["RETURNED", 200, parcel],
      ["SPENT", 200, parcel],
      ["SPENT", 300, given],
    ]);
    expect(totalCount).toBe(3);
    const { pageInfo } = await entries(customer, "(first: 2)");
    expect((await entries(customer, `(first: 2, after: "${pageInfo.endCursor}")`)).nodes).toEqual(nodes.slice(2));
    expect(await entries(await gateway.customer())).toMatchObject({ nodes: [], totalCount: 0 });
  });

  test("lists entries of the provider's statement that belong to no order or award", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const order = await placeOrder(customer, (await gateway.voucher({ points: 300 })).id);
    await orderSettled(customer, order);
    const [row] = await gateway.sql<{ number: string }>("select number from orders where customer_id = $1", [
      customer.customerId,
    ]);
    for (const [id, type, orderId, points, days] of [
      ["ours", "REDEEM", row?.number, 300, 1],
      ["gift", "CREDIT", null, 75, 2],
      ["shop", "REDEEM", "SHOP-1", 40, 3],
    ])
      await gateway.sql(
        `insert into ledger_entries (entry_id, at, customer_id, type, order_id, reference, points, imported_at)
         values ($1, now() - make_interval(days => $6), $2, $3::ledger_entry_type, $4, null, $5, now())`,
        [`${customer.customerId}-${id}`, customer.customerId, type, orderId, points, days],
      );
    expect(
      (await entries(customer)).nodes.map(({ kind, points, order: of }) => [kind, points, of?.id ?? null]),
    ).toEqual([
      ["SPENT", 300, order],
      ["EARNED", 75, null],
      ["SPENT", 40, null],
    ]);
  });
});

describe("the saving goal", () => {
  interface Goal {
    missingPoints: number | null;
    reward: { id: string; points: number; wished: boolean };
  }
  const goalFields = "savingGoal { missingPoints reward { id points wished } }";
  const setGoal = async (customer: Customer, rewardId: string | null) =>
    (
      await dataOf<{ setSavingGoal: Told & { savingGoal: Goal | null } }>(
        customer,
        `mutation ($rewardId: ID) { setSavingGoal(input: { rewardId: $rewardId }) {
          ${goalFields} customer { ${goalFields} } userErrors { code field } } }`,
        { rewardId },
      )
    ).setSavingGoal;
  const goalOf = async (customer: Customer) =>
    (await customer.ok<{ me: { savingGoal: Goal | null } }>(`{ me { ${goalFields} } }`)).me.savingGoal;

  test("is one reward of the wish list; the points that the wallet lacks are counted", async () => {
    const customer = await gateway.customer({ balance: 1_000 });
    const [dear, cheap] = [await gateway.voucher({ points: 1_750 }), await gateway.voucher({ points: 400 })];
    await setGoal(customer, cheap.id);
    const { savingGoal, userErrors } = await setGoal(customer, dear.id);
    expect(userErrors).toEqual([]);
    expect(savingGoal).toEqual({ missingPoints: 750, reward: { id: dear.id, points: 1_750, wished: true } });
    expect(await goalOf(customer)).toEqual(savingGoal);
    expect((await setGoal(customer, cheap.id)).savingGoal).toMatchObject({ missingPoints: 0 });
    const wishes = await gateway.sql("select count(*)::int as wishes from wishes where customer_id = $1", [
      customer.customerId,
    ]);
    expect(wishes).toEqual([{ wishes: 2 }]);
    expect((await setGoal(customer, null)).savingGoal).toBeNull();
    expect(await goalOf(customer)).toBeNull();
  });

  test("ends when its reward leaves the wish list, and cannot be a reward that does not exist", async () => {
    const customer = await gateway.customer();
    const reward = await gateway.voucher();
    await setGoal(customer, reward.id);
    await customer.ok(
      "mutation ($id: ID!) { setWish(input: { rewardId: $id, wished: false }) { userErrors { code } } }",
      { id: reward.id },
    );
    expect(await goalOf(customer)).toBeNull();
    const refused = await setGoal(customer, customer.customerId);
    expect(refused.userErrors).toEqual([{ code: "REWARD_NOT_FOUND", field: ["input", "rewardId"] }]);
  });

  test("stays a single one when several are chosen at once", async () => {
    const customer = await gateway.customer();
    const rewards = [await gateway.voucher(), await gateway.voucher(), await gateway.merchandise()];
    const answers = await Promise.all(rewards.map(({ id }) => setGoal(customer, id)));
    expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    expect(rewards.map(({ id }) => id)).toContain((await goalOf(customer))?.reward.id);
  });
});
