import PQueue from "p-queue";
import type { Db } from "../platform/db.ts";
import type { MovementState } from "../platform/generated/prisma/enums.ts";
import type { Capillary } from "../upstream/capillary/capillary.ts";
import type { IssueAttempt } from "../upstream/capillary/wire/issue.ts";
import { hasOutcome } from "../upstream/upstream-error.ts";
import { type Comparison, type FoundBreak, isWithin, type Period, UNIT_NUMBER } from "./break.ts";

interface OurIssue {
  unitId: string;
  orderId: string;
  orderNumber: string;
  customerId: string;
  transactionNumber: string;
  transactionId: string | null;
  state: MovementState;
  revokeState: MovementState | null;
  points: number;
  settledAt: Date | null;
}

/** A low limit, because requests of customers and orders have priority. */
const CONCURRENCY = 4;
/** The maximum of pages for one customer. A customer with more is reported as not compared. */
const MAX_PAGES = 50;
const BATCH = 1_000;

/**
 * Compares the issues of units with Capillary's records of the same customers.
 *
 * @param everyCustomer reads all customers, not only those with issues in the period: after a restore, our records of
 * other customers may be incomplete
 */
export async function compareIssuals(
  { db, capillary }: { db: Db; capillary: Capillary },
  period: Period,
  { everyCustomer }: { everyCustomer: boolean },
): Promise<Comparison> {
  const customers = await customersToCompare(db, period, everyCustomer);
  const issuedTo = new Map<string, IssueAttempt[]>();
  const failed: string[] = [];
  const queue = new PQueue({ concurrency: CONCURRENCY });
  await queue.addAll(
    customers.map((customerId) => async () => {
      const attempts = await readIssued(capillary, customerId);
      if (attempts) issuedTo.set(customerId, attempts);
      else failed.push(customerId);
    }),
  );

  const issued = [...issuedTo].flatMap(([customerId, attempts]) =>
    attempts.flatMap((attempt) => {
      const number = UNIT_NUMBER.exec(attempt.reference ?? "")?.[1];
      return number === undefined ? [] : [{ customerId, number, attempt }];
    }),
  );
  const issues = await readIssues(db, period, [...issuedTo.keys()], [...new Set(issued.map(({ number }) => number))]);
  const issueOf = new Map(issues.map((issue) => [issue.transactionNumber, issue]));
  const ofNumber = Map.groupBy(issued, ({ number }) => number);
  const breaks: FoundBreak[] = [];
  for (const [number, found] of ofNumber) {
    const issue = issueOf.get(number);
    if (issue && (issue.state === "PENDING" || issue.state === "UNCERTAIN")) continue; // in flight: its job finds the outcome
    const ours =
      issue?.state === "CONFIRMED"
        ? (found.find(({ attempt }) => attempt.transactionId === issue.transactionId) ?? found[0])
        : undefined;
    for (const each of found) {
      if (each === ours || (each.attempt.at && !isWithin(each.attempt.at, period))) continue;
      const isOpen = issue?.state === "NEEDS_ATTENTION";
      breaks.push({
        class: "ISSUAL_NOT_IN_BOOKS",
        key: each.attempt.transactionId,
        repair: isOpen ? "RESOLVE_ISSUE" : "REVOKE_ISSUAL",
        since: each.attempt.at ?? period.from,
        customerId: each.customerId,
        orderNumber: number.split("-").slice(0, 3).join("-"),
        orderId: issue?.orderId,
        unitId: issue?.unitId,
        evidence: {
          ours: issue ? { unit: number, state: issue.state } : "there is no such unit",
          theirs: {
            transaction: each.attempt.transactionId,
            number: each.attempt.reference,
            reward: each.attempt.rewardId,
          },
        },
      });
    }
  }
  for (const issue of issues) {
    const isGiven = issue.state === "CONFIRMED" && issue.revokeState !== "CONFIRMED";
    if (!isGiven || ofNumber.has(issue.transactionNumber) || !issue.settledAt || !isWithin(issue.settledAt, period))
      continue;
    breaks.push({
      class: "ISSUE_NOT_AT_CAPILLARY",
      key: issue.unitId,
      repair: "TAKE_BACK_UNIT",
      since: issue.settledAt,
      customerId: issue.customerId,
      orderNumber: issue.orderNumber,
      orderId: issue.orderId,
      unitId: issue.unitId,
      evidence: {
        ours: { unit: issue.transactionNumber, transaction: issue.transactionId, points: issue.points },
        theirs: null,
      },
    });
  }
  return {
    breaks,
    compared: { issues: issues.length, issuals: issued.length, customersAtCapillary: issuedTo.size },
    // The breaks of an unreadable customer must stay open.
    classes: failed.length === 0 ? ["ISSUE_NOT_AT_CAPILLARY", "ISSUAL_NOT_IN_BOOKS"] : [],
    skipped:
      failed.length === 0
        ? []
        : [`Capillary's records of ${failed.length} customers could not be read, such as ${failed[0]}`],
  };
}

async function customersToCompare(db: Db, { from, to }: Period, everyCustomer: boolean): Promise<string[]> {
  const rows = everyCustomer
    ? await db.$queryRaw<{ customerId: string }[]>`
        select customer_id as "customerId" from customers
        union select customer_id from ledger_entries where at >= ${from} and at < ${to}`
    : await db.$queryRaw<{ customerId: string }[]>`
        select o.customer_id as "customerId" from unit_issues i join orders o on o.id = i.order_id
        where i.settled_at >= ${from} and i.settled_at < ${to} or o.placed_at >= ${from} and o.placed_at < ${to}
          or i.state = 'NEEDS_ATTENTION'
        union
        select customer_id from reconciliation_breaks where class = 'ENTRY_NOT_IN_BOOKS' and state = 'OPEN' and customer_id is not null`;
  return rows.map(({ customerId }) => customerId);
}

/** @returns all issuals of the customer; null if they cannot be read completely */
async function readIssued({ customers, issuing }: Capillary, externalId: string): Promise<IssueAttempt[] | null> {
  try {
    const customer = await customers.customer({ externalId });
    if (!customer?.id) return [];
    const seen = new Map<string, IssueAttempt>();
    for (let page = 0, isLast = false; !isLast; page += 1) {
      if (page === MAX_PAGES) return null;
      const before = seen.size;
      const answer = await issuing.issuals({ customerId: customer.id, page });
      for (const attempt of answer.attempts) seen.set(attempt.transactionId, attempt);
      isLast = answer.isLast || seen.size === before;
    }
    return [...seen.values()].filter(({ state }) => state === "issued");
  } catch (error) {
    if (hasOutcome(error, "transient", "refused", "unknown")) return null;
    throw error;
  }
}

/** Our issues with these numbers, and the issues of these customers that were recorded in the period. */
async function readIssues(
  db: Db,
  { from, to }: Period,
  customerIds: readonly string[],
  numbers: readonly string[],
): Promise<OurIssue[]> {
  const found = new Map<string, OurIssue>();
  const read = async (ids: readonly string[], some: readonly string[]) => {
    const rows = await db.$queryRaw<(Omit<OurIssue, "points"> & { points: bigint })[]>`
      select i.unit_id as "unitId", i.order_id as "orderId", o.number as "orderNumber", o.customer_id as "customerId",
        i.transaction_number as "transactionNumber", i.transaction_id as "transactionId", i.state, i.revoke_state as "revokeState",
        i.points, i.settled_at as "settledAt"
      from unit_issues i join orders o on o.id = i.order_id
      where i.transaction_number = any(${[...some]})
        or i.settled_at >= ${from} and i.settled_at < ${to} and o.customer_id = any(${[...ids]})`;
    for (const row of rows) found.set(row.unitId, { ...row, points: Number(row.points) });
  };
  for (let start = 0; start < Math.max(customerIds.length, numbers.length); start += BATCH) {
    await read(customerIds.slice(start, start + BATCH), numbers.slice(start, start + BATCH));
  }
  return [...found.values()];
}
