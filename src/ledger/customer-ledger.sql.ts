import { type Db, Prisma, type Tx } from "../platform/db.ts";

/**
 * At the points provider, each customer has at most one call of the gateway in flight that changes points, because the
 * wallet is the only evidence for a lost answer. Such calls are movements of orders, credits of awards and repairs.
 * `customers.ledger_version` is raised whenever a call is marked or settled: a balance reading at an older version is
 * outdated.
 */

/** A movement of the customer was sent and has no outcome yet. @param customerId a parameter or a column */
export const movementInFlight = (
  customerId: Prisma.Sql,
  exceptId: string | null = null,
): Prisma.Sql => Prisma.sql`exists (
  select from points_movements moving
  where moving.customer_id = ${customerId} and moving.id is distinct from ${exceptId}::uuid and moving.ledger = 'CLIENT'
    and moving.sent_at is not null and moving.state in ('PENDING', 'UNCERTAIN'))`;

/** A credit to the customer was sent and may still take effect. @param customerId a parameter or a column */
const creditInFlight = (customerId: Prisma.Sql): Prisma.Sql => Prisma.sql`exists (
  select from reward_awards crediting
  where crediting.customer_id = ${customerId} and crediting.ledger = 'CLIENT' and crediting.under_way_until > now())`;

/**
 * A return that repairs a break of the reconciliation was sent and may still take effect.
 * @param customerId a parameter or a column
 */
const repairInFlight = (customerId: Prisma.Sql): Prisma.Sql => Prisma.sql`exists (
  select from reconciliation_breaks repairing
  where repairing.customer_id = ${customerId} and repairing.in_flight_until is not null and repairing.in_flight_until > now())`;

/** No call for the customer is in flight. @param exceptId a movement that does not count */
export const isLedgerFree = (customerId: Prisma.Sql, exceptId: string | null = null): Prisma.Sql =>
  Prisma.sql`(not ${movementInFlight(customerId, exceptId)} and not ${creditInFlight(customerId)} and not ${repairInFlight(customerId)})`;

/** @returns the customer's ledger version if no call except this movement is in flight; else null */
export async function readFreeLedgerVersion(db: Db, customerId: string, movementId: string): Promise<number | null> {
  const [row] = await db.$queryRaw<{ version: number; isFree: boolean }[]>`
    select ledger_version as version, ${isLedgerFree(Prisma.sql`${customerId}`, movementId)} as "isFree"
    from customers where customer_id = ${customerId}`;
  return row?.isFree ? row.version : null;
}

/** Locks the customer until the transaction ends. @returns the ledger version */
export async function lockLedger(tx: Tx, customerId: string): Promise<number | undefined> {
  const [customer] = await tx.$queryRaw<{ version: number }[]>`
    select ledger_version as version from customers where customer_id = ${customerId} for update`;
  return customer?.version;
}

/** Raises the ledger versions of these customers, sorted by id to prevent deadlocks. Unknown customers get a row. */
export async function raiseLedgerVersions(tx: Tx, customerIds: readonly string[]): Promise<void> {
  if (customerIds.length === 0) return;
  await tx.$executeRaw`
    insert into customers (customer_id, ledger_version)
    select id, 1 from unnest(${[...new Set(customerIds)].sort()}::text[]) with ordinality as given(id, nth) order by nth
    on conflict (customer_id) do update set ledger_version = customers.ledger_version + 1`;
}

/** @returns the subset of these customers with a movement in flight */
export async function customersWithMovementInFlight(
  tx: Tx,
  customerIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (customerIds.length === 0) return new Set();
  const rows = await tx.$queryRaw<{ id: string }[]>`
    select id from unnest(${[...new Set(customerIds)]}::text[]) customer(id)
    where ${movementInFlight(Prisma.sql`customer.id`)}`;
  return new Set(rows.map(({ id }) => id));
}
