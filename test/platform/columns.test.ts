import pg from "pg";
import { expect, test } from "vitest";
import { columnOf, columnsOf } from "../../src/platform/columns.ts";
import { Prisma } from "../../src/platform/db.ts";
import { cloneDatabase } from "../support/gateway.ts";

test("every field of a model that is read by statements has a column of its name", async () => {
  const client = new pg.Client({ connectionString: await cloneDatabase() });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `select table_name || '.' || column_name as name from information_schema.columns where table_schema = 'public'`,
  );
  await client.end();
  const known = new Set(rows.map(({ name }) => name));
  const models = {
    orders: Prisma.OrderScalarFieldEnum,
    order_lines: Prisma.OrderLineScalarFieldEnum,
    points_movements: Prisma.PointsMovementScalarFieldEnum,
    order_events: Prisma.OrderEventScalarFieldEnum,
    voucher_codes: Prisma.VoucherCodeScalarFieldEnum,
    unit_issues: Prisma.UnitIssueScalarFieldEnum,
    shipments: Prisma.ShipmentScalarFieldEnum,
    customers: Prisma.CustomerScalarFieldEnum,
    sessions: Prisma.SessionScalarFieldEnum,
  };
  for (const [table, fields] of Object.entries(models)) {
    const missing = Object.keys(fields).filter((field) => !known.has(`${table}.${columnOf(field)}`));
    expect([table, missing]).toEqual([table, []]);
  }
});

test("columns are named by their fields, of one table where there are several", () => {
  const fields = { id: "id", customerId: "customerId", clientToken: "clientToken" };
  expect(columnsOf(fields, { without: ["clientToken"] }).sql).toBe('"id" as "id", "customer_id" as "customerId"');
  expect(columnsOf({ lineId: "lineId" }, { of: "unit" }).sql).toBe('unit."line_id" as "lineId"');
});
