import type { VoucherVault } from "../catalog/index.ts";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction } from "../platform/db.ts";
import { openRequestOf } from "./return-requests.ts";

export interface RevealedVoucher {
  id: string;
  code: string;
  pin: string | null;
  validUntil: Date | null;
  howToUse: string | null;
  redemptionUrl: string | null;
}

export type RevealVoucher = (input: {
  lineId: string;
  customerId: string;
  sessionId: string;
}) => Promise<{ vouchers: RevealedVoucher[] } | Refused>;

/** Decrypts the codes of the customer's own line, and records that they were shown. */
export function makeRevealVoucher({ db, vault, clock }: { db: Db; vault: VoucherVault; clock: Clock }): RevealVoucher {
  return ({ lineId, customerId, sessionId }) =>
    inTransaction({ db, lane: `customer ${customerId}` }, async (tx) => {
      const line = await tx.orderLine.findFirst({
        where: { id: lineId, order: { customerId } },
        include: { order: { select: { number: true } }, reward: { select: { howToUse: true, redemptionUrl: true } } },
      });
      if (!line) return refused(refusal("LINE_NOT_FOUND", "Order line not found.", ["input", "orderLineId"]));
      // Return requests and returns hold the order's lock: after either, a code is no longer shown.
      await tx.$queryRaw`select from orders where id = ${line.orderId}::uuid for share`;
      if (await openRequestOf(tx, [lineId])) {
        const message = "You asked to return this reward. Withdraw the request to see the code.";
        return refused(refusal("RETURN_REQUESTED", message, ["input", "orderLineId"]));
      }
      const rows = await tx.voucherCode.findMany({
        where: { state: "ALLOCATED", unit: { lineId } },
        orderBy: { unit: { unit: "asc" } },
      });
      const now = clock.now();
      if (rows.length > 0) {
        await tx.voucherCode.updateMany({
          where: { id: { in: rows.map((row) => row.id) }, revealedAt: null },
          data: { revealedAt: now },
        });
        await audit(tx, {
          at: now,
          actor: `customer:${customerId}`,
          action: "voucher.reveal",
          subject: `${line.order.number}/${line.position}`,
          details: { session: sessionId, vouchers: rows.map((row) => row.id) },
        });
      }
      return {
        vouchers: rows.map((row) => ({ id: row.id, validUntil: row.validUntil, ...vault.open(row), ...line.reward })),
      };
    });
}
