import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, Prisma, planEachTime } from "../platform/db.ts";
import { type Reward, toReward } from "./reward.ts";

export interface VoucherCounts {
  available: number;
  allocated: number;
  /** A part of the allocated codes. Its count reads each of them, so it is read only if it is asked for. */
  revealed(): Promise<number>;
  expired: number;
  void: number;
}

export interface VoucherBatch {
  id: string;
  /** Null for codes that were imported before batches were recorded; the same for `importedBy`. */
  importedAt: Date | null;
  importedBy: string | null;
  codes: number;
  counts: VoucherCounts;
  firstValidUntil: string | null;
}

export interface VoucherPool {
  reward: Reward;
  counts: VoucherCounts;
  batches: VoucherBatch[];
}

export type PoolVoucher = Pick<
  Prisma.VoucherCodeGetPayload<object>,
  "id" | "maskedCode" | "state" | "validUntil" | "allocatedAt" | "revealedAt"
> & { orderId: string | null };

export interface VoucherPools {
  read(reward: Reward): Promise<VoucherPool>;
  /** @param ending the last 2 to 4 characters, which a masked code shows */
  codesEnding(rewardId: string, ending: string): Promise<PoolVoucher[]>;
  /** Removes a code from the pool permanently, and one unit from the stock. */
  voidCode(voucherId: string, note: string, operatorId: string): Promise<Reward | Refused>;
}

const MAX_BATCHES = 100;
const MAX_CODES = 20;
const MAX_NOTE = 500;
/** The id of the batch of codes that were imported before batches were recorded. */
const NO_BATCH = "none";
/** The mask before the visible end of a code. */
const MASK = "•".repeat(8);

/** The counts of codes of own e-gift vouchers, by state. */
export function makeVoucherPools({ db, clock }: { db: Db; clock: Clock }): VoucherPools {
  async function readRevealed(rewardId: string): Promise<Map<string, number>> {
    const rows = await db.$queryRaw<{ id: string; codes: number }[]>`
      select coalesce(batch_id::text, ${NO_BATCH}) as id, count(*)::int as codes from voucher_codes
      where reward_id = ${rewardId}::uuid and source = 'BIGCITY' and state = 'ALLOCATED' and revealed_at is not null
      group by batch_id`;
    return new Map(rows.map(({ id, codes }) => [id, codes]));
  }

  return {
    async read(reward) {
      type Row = Omit<VoucherBatch, "counts"> & Omit<VoucherCounts, "revealed">;
      // The inner counts read only the index `voucher_codes_of_pool`.
      const rows = await db.$queryRaw<Row[]>`
        select coalesce(b.id::text, ${NO_BATCH}) as id, b.imported_at as "importedAt", b.imported_by as "importedBy",
          coalesce(b.codes, v.codes) as codes, v."firstValidUntil", v.available, v.allocated, v.expired, v.void
        from (
          select batch_id, sum(codes)::int as codes,
            coalesce(sum(codes) filter (where state = 'AVAILABLE'), 0)::int as available,
            coalesce(sum(codes) filter (where state = 'ALLOCATED'), 0)::int as allocated,
            coalesce(sum(codes) filter (where state = 'EXPIRED'), 0)::int as expired,
            coalesce(sum(codes) filter (where state = 'VOID'), 0)::int as void,
            min(first) filter (where state = 'AVAILABLE')::text as "firstValidUntil"
          from (
            select batch_id, state, count(*) as codes, min(valid_until) as first from voucher_codes
            where reward_id = ${reward.id}::uuid and source = 'BIGCITY' group by batch_id, state) as of_state
          group by batch_id
        ) v left join voucher_batches b on b.id = v.batch_id
        order by b.imported_at desc nulls last, b.id desc`;
      const sum = (which: "available" | "allocated" | "expired" | "void") =>
        rows.reduce((total, row) => total + row[which], 0);
      let reading: Promise<Map<string, number>> | undefined;
      const revealedByBatch = () => {
        reading ??= readRevealed(reward.id);
        return reading;
      };
      const counts = {
        available: sum("available"),
        allocated: sum("allocated"),
        expired: sum("expired"),
        void: sum("void"),
        revealed: async () => [...(await revealedByBatch()).values()].reduce((total, codes) => total + codes, 0),
      };
      const batches = rows
        .slice(0, MAX_BATCHES)
        .map(({ available, allocated, expired, void: removed, ...batch }): VoucherBatch => {
          const revealed = async () => (await revealedByBatch()).get(batch.id) ?? 0;
          return { ...batch, counts: { available, allocated, expired, void: removed, revealed } };
        });
      return { reward, counts, batches };
    },

    codesEnding: (rewardId, ending) =>
      db.$queryRaw<PoolVoucher[]>(
        planEachTime(Prisma.sql`
      select v.id, v.masked_code as "maskedCode", v.state, v.valid_until as "validUntil", v.allocated_at as "allocatedAt",
        v.revealed_at as "revealedAt",
        (select l.order_id from order_units u join order_lines l on l.id = u.line_id where u.id = v.unit_id) as "orderId"
      from voucher_codes v
      where v.reward_id = ${rewardId}::uuid and v.source = 'BIGCITY'
        and v.masked_code in (${MASK + ending}, ${MASK + ending.toUpperCase()})
      order by v.state, v.id limit ${MAX_CODES}`),
      ),

    async voidCode(voucherId, written, actor) {
      const note = written.trim();
      if (note === "" || note.length > MAX_NOTE) {
        const message = `note: must have 1 to ${MAX_NOTE} characters, found ${note.length}`;
        return refused(refusal("INVALID_INPUT", message, ["input", "note"]));
      }
      const field = ["input", "voucherId"];
      return inTransaction(db, async (tx) => {
        // The code first and its reward last, the lock order of orders.
        const [code] = await tx.$queryRaw<{ rewardId: string; state: string; maskedCode: string }[]>`
          select reward_id as "rewardId", state::text, masked_code as "maskedCode" from voucher_codes
          where id = ${voucherId}::uuid and source = 'BIGCITY' for update`;
        if (!code) return refused(refusal("VOUCHER_NOT_FOUND", "Code not found.", field));
        if (code.state !== "AVAILABLE") {
          const message =
            code.state === "ALLOCATED"
              ? "This code was given to a customer. Reverse the order's line instead."
              : "This code is no longer in the pool.";
          return refused(refusal("VOUCHER_NOT_AVAILABLE", message, field));
        }
        const now = clock.now();
        const [row] = await tx.$queryRaw<{ id: string }[]>`
          update rewards set stock = stock - 1, updated_at = ${now} where id = ${code.rewardId}::uuid and stock > 0 returning id`;
        if (!row) {
          const message =
            "The stock does not agree with the pool. Run a reconciliation and repair STOCK_DIFFERS first.";
          return refused(refusal("VOUCHER_NOT_AVAILABLE", message, field));
        }
        await tx.$executeRaw`update voucher_codes set state = 'VOID' where id = ${voucherId}::uuid`;
        const reward = await tx.reward.findUniqueOrThrow({ where: { id: code.rewardId } });
        const details = { maskedCode: code.maskedCode, note };
        await audit(tx, { at: now, actor, action: "vouchers.void", subject: reward.sku, details });
        return toReward(reward);
      });
    },
  };
}
