import type { ReadBalance } from "../ledger/read-balance.ts";
import type { Db } from "../platform/db.ts";
import { hasOutcome } from "../upstream/upstream-error.ts";
import type { Comparison, FoundBreak, Period } from "./break.ts";

interface Candidate {
  customerId: string;
  orderId: string;
}

/**
 * For a provider without a statement: compares the change of the points spent (earned less balance) since the last
 * balance reading with our movements since then. Points spent through another channel are a difference too: an operator
 * writes it off, and the next comparison starts from the new reading.
 */
export async function compareBalances(
  { db, readBalance, now }: { db: Db; readBalance: ReadBalance; now: () => Date },
  { from, to }: Period,
): Promise<Comparison> {
  const candidates = await db.$queryRaw<Candidate[]>`
    select distinct on (m.customer_id) m.customer_id as "customerId", m.order_id as "orderId" from points_movements m
    where m.ledger = 'CLIENT' and m.settled_at >= ${from} and m.settled_at < ${to}
    order by m.customer_id, m.settled_at desc`;
  const breaks: FoundBreak[] = [];
  let read = 0;
  let unreadable = 0;
  for (const { customerId, orderId } of candidates) {
    const before = await stateOf(db, customerId);
    if (before.isInFlight) continue;
    const wallet = await readBalance(orderId, customerId).catch((error: unknown) => {
      if (hasOutcome(error, "transient", "refused", "unknown")) return null;
      throw error;
    });
    if (wallet === null) {
      unreadable += 1;
      continue;
    }
    const readAt = now();
    const after = await stateOf(db, customerId);
    if (after.version !== before.version) continue; // a movement changed in the meantime: the next run compares again
    read += 1;
    const last = await db.walletReading.findUnique({ where: { customerId } });
    if (last) {
      const spentHere = await spentSince(db, customerId, last.readAt, readAt);
      const spentThen = Number(last.earned - last.balance);
      const spentNow = wallet.earned - wallet.balance;
      const unexplained = spentNow - spentThen - spentHere;
      if (unexplained !== 0) {
        breaks.push({
          class: "BALANCE_DIFFERS",
          key: `${customerId} ${last.readAt.toISOString()}`,
          repair: "WRITE_OFF",
          since: last.readAt,
          points: unexplained,
          customerId,
          evidence: {
            ours: { spent: spentHere },
            theirs: {
              spent: spentNow - spentThen,
              before: { balance: Number(last.balance), earned: Number(last.earned), at: last.readAt.toISOString() },
              after: { balance: wallet.balance, earned: wallet.earned, at: readAt.toISOString() },
            },
          },
        });
      }
    }
    const reading = { balance: BigInt(wallet.balance), earned: BigInt(wallet.earned), readAt };
    await db.walletReading.upsert({ where: { customerId }, create: { customerId, ...reading }, update: reading });
  }
  return {
    breaks,
    compared: { wallets: read },
    classes: [],
    skipped: unreadable === 0 ? [] : [`the wallets of ${unreadable} customers, who have no session to read them with`],
  };
}

async function stateOf(db: Db, customerId: string): Promise<{ version: number; isInFlight: boolean }> {
  const [row] = await db.$queryRaw<{ version: number; isInFlight: boolean }[]>`
    select ledger_version as version, exists (select from points_movements m where m.customer_id = ${customerId}
      and m.ledger = 'CLIENT' and m.sent_at is not null and m.state in ('PENDING', 'UNCERTAIN', 'NEEDS_ATTENTION')) as "isInFlight"
    from customers where customer_id = ${customerId}`;
  return row ?? { version: 0, isInFlight: false };
}

/** Points taken less points returned, as recorded in this period, repairs included. */
async function spentSince(db: Db, customerId: string, since: Date, until: Date): Promise<number> {
  const [row] = await db.$queryRaw<{ spent: bigint }[]>`
    select (select coalesce(sum(case kind when 'TAKEN' then points else -points end), 0) from points_movements
        where customer_id = ${customerId} and ledger = 'CLIENT' and state = 'CONFIRMED'
          and settled_at > ${since} and settled_at <= ${until})::bigint
      - (select coalesce(sum(points), 0) from reconciliation_breaks
        where customer_id = ${customerId} and state = 'REPAIRED' and repair in ('RETURN_POINTS', 'SEND_RETURN_AGAIN')
          and resolved_at > ${since} and resolved_at <= ${until})::bigint as spent`;
  return Number(row?.spent ?? 0n);
}
