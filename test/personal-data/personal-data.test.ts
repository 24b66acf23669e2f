import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifyAudit } from "../../src/audit/verify-audit.ts";
import { inTransaction, openDb } from "../../src/platform/db.ts";
import { issuable } from "../support/capillary-orders.ts";
import { type Customer, type InProcessGateway, startTestGateway } from "../support/gateway.ts";
import {
  address,
  addToCart,
  orderPrepared,
  orderSettled,
  placeOrder,
  readOrder,
  type SeenOrder,
} from "../support/orders.ts";
import { reconcile, withStatement } from "../support/reconciliation.ts";
import { claim, winner } from "../support/rewards/prizes.ts";

let gateway: InProcessGateway;
let customer: Customer;
let order: SeenOrder;
beforeAll(async () => {
  gateway = await startTestGateway(withStatement, { pace: { creditPollMs: 0 } });
  ({ customer, order } = await livedIn());
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** A customer with data in every table. */
async function livedIn() {
  const prize = await gateway.voucher();
  const { customer, awardId } = await winner(gateway, prize.sku);
  gateway.sandbox.capillary.addCustomer({ externalId: customer.customerId });
  await gateway.anonymous.ok("mutation ($input: RequestOtpInput!) { requestOtp(input: $input) { challengeId } }", {
    input: { customerId: customer.customerId },
  });
  await orderSettled(customer, await claim(customer, awardId));
  const [voucher, treat, parcel] = [
    await gateway.voucher({ points: 50 }),
    await issuable(gateway, { points: 20 }),
    await gateway.merchandise(),
  ];
  await orderSettled(customer, await placeOrder(customer, voucher.id, treat.id));
  const order = await orderPrepared(customer, await placeOrder(customer, parcel.id));
  await customer.ok("mutation { checkIn { userErrors { code } } }");
  await addToCart(customer, voucher.id);
  await reconcile(gateway);
  return { customer, order };
}

async function change<Answer>(mutation: string, input: object): Promise<Answer> {
  const { data, errors } = await gateway.operator.send<{ answer: Answer }>(mutation, { input });
  if (!data) throw new Error(JSON.stringify(errors));
  return data.answer;
}
const exportOf = (customerId: string) =>
  change<{ document: string | null; userErrors: { code: string }[] }>(
    "mutation ($input: ExportCustomerInput!) { answer: exportCustomer(input: $input) { document userErrors { code } } }",
    { customerId },
  );
const erase = (customerId: string) =>
  change<{
    pseudonym: string | null;
    deleted: number;
    pseudonymised: number;
    userErrors: { code: string; message: string }[];
  }>(
    `mutation ($input: EraseCustomerInput!) { answer: eraseCustomer(input: $input) {
      pseudonym deleted pseudonymised userErrors { code message } } }`,
    { customerId, note: "request 17" },
  );

/** The tables with a row that contains a text. */
async function tablesWith(text: string): Promise<string[]> {
  const tables = await gateway.sql<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' order by 1",
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await gateway.sql(`select 1 from "${name}" t where to_jsonb(t)::text like '%' || $1 || '%' limit 1`, [
      text,
    ]);
    if (rows.length > 0) found.push(name);
  }
  return found;
}

test("the table of personal data names every table of the database", async () => {
  const document = await readFile(new URL("../../docs/personal-data.md", import.meta.url), "utf8");
  const named = new Set(
    [...document.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell]) =>
      [...(cell ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name),
    ),
  );
  const tables = await gateway.sql<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
  );
  expect([...named].toSorted()).toEqual(tables.map(({ name }) => name).toSorted());
});

test("an export has everything that is stored under the customer's id, and no secret", async () => {
  const { document } = await exportOf(customer.customerId);
  const exported = JSON.parse(document ?? "") as {
    customerId: string;
    sections: Record<string, Record<string, unknown>[]>;
  };
  expect(exported.customerId).toBe(customer.customerId);
  const { sections } = exported;
  const filled = Object.entries(sections)
    .filter(([, rows]) => rows.length > 0)
    .map(([name]) => name);
  expect(filled).toEqual(
    expect.arrayContaining([
      ...["customer", "passwordRequests", "sessions", "carts", "orders", "orderLines", "orderUnits", "orderEvents"],
      ...["pointsMovements", "issues", "vouchers", "shipments", "members", "memberIdentities", "awards", "messages"],
      ...["decisions", "checkIns", "drawTickets", "memberEvents", "ledgerEntries", "auditLog"],
    ]),
  );
  expect(
    sections["orders"]?.some(({ shipping_address }) => JSON.stringify(shipping_address).includes(address.line1)),
  ).toBe(true);
  const isSecret = (key: string) =>
    ["client_token", "code_hash", "code", "pin", "address_hash", "device_hash"].includes(key);
  const rows = Object.entries(sections).flatMap(([, each]) => each.flatMap((row) => Object.keys(row)));
  expect(rows.filter(isSecret)).toEqual([]);
});

test("an export of an unknown customer is empty", async () => {
  expect(await exportOf("nobody")).toEqual({ document: null, userErrors: [{ code: "CUSTOMER_NOT_FOUND" }] });
  expect((await erase("nobody")).userErrors).toMatchObject([{ code: "CUSTOMER_NOT_FOUND" }]);
});

describe("an erasure", () => {
  test("is refused while an order is in progress, and changes nothing", async () => {
    const before = await exportOf(customer.customerId);
    expect((await erase(customer.customerId)).userErrors).toMatchObject([
      { code: "CUSTOMER_NOT_SETTLED", message: expect.stringContaining("1 orders of this customer are in progress") },
    ]);
    expect(before.document).not.toBeNull();
    expect(await tablesWith(customer.customerId)).toContain("orders");
  });

  test("removes the customer's id, address and names, and keeps the records of points under a pseudonym", async () => {
    await gateway.operator.ok(
      "mutation ($input: UpdateShipmentInput!) { updateShipment(input: $input) { userErrors { message } } }",
      { input: { orderId: order.id, lineId: order.lines[0]?.id, status: "DELIVERED", trackingNumber: "TRACK-4711" } },
    );
    await orderSettled(customer, order.id);
    const other = await livedIn();
    const names = await gateway
      .sql<{ value: string }>(
        "select value from member_identities i join reward_members m on m.id = i.member_id where m.customer_id = $1",
        [customer.customerId],
      )
      .then((rows) => rows.map(({ value }) => value));
    expect(names).not.toEqual([]);
    const points = await gateway.sql("select sum(points) from points_movements");
    await gateway.reconcile(); // seals the log

    const answer = await erase(customer.customerId);
    expect(answer).toMatchObject({ pseudonym: expect.stringMatching(/^erased-/), userErrors: [] });
    expect(answer.deleted).toBeGreaterThan(3);
    expect(await tablesWith(customer.customerId)).toEqual([]);
    expect(await tablesWith("TRACK-4711")).toEqual([]);
    // The operators' own rules may name members.
    for (const name of names) expect((await tablesWith(name)).filter((table) => table !== "reward_rules")).toEqual([]);
    const kept = await tablesWith(answer.pseudonym ?? "");
    expect(kept).toEqual(
      expect.arrayContaining(["audit_log", "carts", "orders", "points_movements", "reward_awards", "ledger_entries"]),
    );
    expect(await gateway.sql("select sum(points) from points_movements")).toEqual(points);
    // Another customer's data is unchanged.
    const exported = JSON.parse((await exportOf(other.customer.customerId)).document ?? "");
    expect(exported.sections.messages[0].payload).not.toBe("{}");
    expect((await readOrder(other.customer, other.order.id)).status).toBe("PROCESSING");
    expect(await tablesWith(address.line1)).toEqual(["orders"]);
  });

  test("ends the sessions, and the same customer may sign in again", async () => {
    const { errors } = await customer.send("{ me { id cart { id } } }");
    expect(errors === undefined || errors.every(({ extensions }) => extensions.code === "UNAUTHENTICATED")).toBe(true);
    const again = await gateway.customer({ customerId: customer.customerId });
    const { me } = await again.ok<{ me: { orders: { totalCount: number } } }>("{ me { orders { totalCount } } }");
    expect(me.orders.totalCount).toBe(0);
  });

  test("keeps the hash chain over the audit log verifiable", async () => {
    await gateway.reconcile();
    const db = openDb(gateway.databaseUrl, 1);
    const verdict = await verifyAudit(db);
    expect(verdict).toMatchObject({ holds: true, problems: [] });
    expect(verdict.pseudonymised).toBeGreaterThan(0);
    // A change without a declared erasure is still reported.
    const [entry] = await db.$queryRaw<
      { id: bigint }[]
    >`select id from audit_log where actor like '%erased-%' or subject like 'erased-%' and action <> 'customer.erase' limit 1`;
    await inTransaction(db, async (tx) => {
      await tx.$executeRaw`select set_config('tessera.erasing', 'on', true)`;
      await tx.$executeRaw`update audit_log set actor = 'somebody' where id = ${entry?.id ?? 0n}`;
    });
    expect((await verifyAudit(db)).problems).toEqual([`entry ${entry?.id} was changed`]);
    await db.$disconnect();
  });
});
