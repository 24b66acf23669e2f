import { outcomeOf } from "../../ledger/attempt.ts";
import type { ClientPoints } from "../../upstream/client-points/client-points.ts";
import type { CreditLedger } from "./credit-ledger.ts";

const MARGIN_MS = 3_000;

/**
 * The points provider's ledger: one call for each credit. It answers a repetition like the first call, refusals
 * included.
 */
export const makeClientLedger = (client: Pick<ClientPoints, "credit">, timeoutMs: number): CreditLedger => ({
  name: "CLIENT",
  leaseMs: timeoutMs + MARGIN_MS,
  credit: (credits) =>
    credits.map(({ reference, customerId, points, awardedAt }) =>
      outcomeOf(client.credit({ reference, customerId, points, at: awardedAt })),
    ),
});
