import { assessCart, type Cart, type CartAssessment, type CartFacts, conflict, lockOpenCart } from "../cart/index.ts";
import { isRefused, type Refusal, type Refused, refusal, refused } from "../domain/refusal.ts";
import type { Clock } from "../platform/clock.ts";
import type { AtCrashPoint } from "../platform/crash-point.ts";
import { afterCommit, type Db, inTransaction, isLockTimeout } from "../platform/db.ts";
import type { JobQueue } from "../platform/jobs/job.ts";
import { makeSingleFlight } from "../platform/single-flight.ts";
import type { PointsBalance } from "../upstream/client-points/client-points.ts";
import { hasOutcome } from "../upstream/upstream-error.ts";
import { availableIn, pointsHeld } from "../wallet/index.ts";
import { readAddress } from "./address.ts";
import type { ChangedOrder } from "./cancel-order.ts";
import type { CreateOrder } from "./create-order.ts";
import { type IdempotentRequest, keyRefusal, replay, type UsedKey } from "./idempotency.ts";
import type { OrderStore } from "./order.store.ts";
import type { Address } from "./order.ts";
import { type Account, lockAccount, readAccount, readCheckout } from "./place-order.sql.ts";
import type { QueriedFacts, ReadCartFacts } from "./read-cart-facts.ts";

export interface PlaceOrderInput {
  idempotencyKey: string;
  expectedCartVersion?: number | null | undefined;
  shippingAddress?: unknown;
  dryRun?: boolean | null | undefined;
  /** A cart of this customer with a reference, instead of the open cart. */
  cartId?: string | undefined;
}

export interface Buyer {
  customerId: string;
  /** The customer's JWT of the points provider. */
  clientToken: string;
}

export type Placed =
  | ({ kind: "placed" } & ChangedOrder)
  | { kind: "preview"; assessment: CartAssessment; wouldRefuse: readonly Refusal[] };

export type PlaceOrder = (buyer: Buyer, input: PlaceOrderInput) => Promise<Placed | Refused>;

export interface PlaceOrderDeps {
  db: Db;
  orders: OrderStore;
  /** Reads the customer's own wallet, always with a new call. */
  readBalance(buyer: Buyer): Promise<PointsBalance>;
  createOrder: CreateOrder;
  /** Reads Capillary's facts. A cart without Capillary's rewards needs no call. */
  aboutCart: ReadCartFacts;
  ledger: CartFacts["ledger"];
  /** If the queue has a free slot, a job inserted now runs at once, and the deduction may be marked with the order. */
  jobs: Pick<JobQueue, "hasFreeSlot">;
  clock: Clock;
  atCrashPoint: AtCrashPoint;
}

/** The longest age of a balance reading that counts as the balance just before the call. */
const FRESH_MS = 2_000;
/** The number of attempts to read facts that are still current under the lock. */
const MAX_ATTEMPTS = 5;

/**
 * Creates the order of the customer's cart in one transaction: the order, the frozen cart, the movement that takes the
 * points, the first events, the consumed idempotency key, and the job that continues the order. The cart is evaluated
 * in that transaction, under the customer's lock.
 *
 * If no other movement of the customer is in flight and the job runs at once, the movement is marked as sent, with the
 * balance that the evaluation used.
 *
 * Facts of other systems are read before the transaction. The balance is read again if a movement of ours was settled
 * in between. Capillary's facts about rewards and paying groups are read again if the cart under the lock is another
 * version.
 */
export function makePlaceOrder(deps: PlaceOrderDeps): PlaceOrder {
  const { db, orders, readBalance, createOrder, aboutCart, ledger, jobs, clock, atCrashPoint } = deps;
  const shareBalanceRead = makeSingleFlight<PointsBalance | null>();

  /** Shared only by requests that saw the same ledger version, so that the balance cannot predate a known movement. */
  const balanceAt = (version: number, buyer: Buyer) =>
    shareBalanceRead(`${buyer.customerId}@${version}`, async () => {
      try {
        return await readBalance(buyer);
      } catch (error) {
        if (hasOutcome(error, "transient", "unknown", "refused")) return null;
        throw error;
      }
    });

  async function readOwn(buyer: Buyer, version: number): Promise<OwnBalance> {
    const at = clock.now();
    return { version, wallet: await balanceAt(version, buyer), at };
  }

  async function attempt(
    buyer: Buyer,
    request: IdempotentRequest,
    order: OrderRequest,
    own: OwnBalance,
    asked: QueriedFacts | null,
  ) {
    const { customerId } = buyer;
    const { wallet } = own;
    const inOwnLane = { db, lane: `customer ${customerId}` };
    return inTransaction(inOwnLane, async (tx): Promise<Placed | Refused | "balance is stale" | { askAbout: Cart }> => {
      const { version, ...locked } = await lockAccount(tx, customerId);
      // A cart with a reference never changes, so the customer's lock is sufficient.
      const cartId = order.cartId ?? locked.cartId ?? (await lockOpenCart(tx, customerId)).id;
      const { cart, used, held, redeemed, isLedgerFree } = await readCheckout(tx, { customerId, cartId, request });
      const earlier = order.dryRun ? null : replayed(request, used);
      if (earlier) return earlier;
      if (cart.lines.length === 0) return refused(refusal("CART_EMPTY", "The cart is empty."));
      if (order.expectedCartVersion !== null && order.expectedCartVersion !== cart.version)
        return refused(conflict(cart));
      if (version !== own.version) return "balance is stale";
      const answers = await aboutCart.answers(tx, cart, asked);
      if (!answers) return { askAbout: cart };

      const assessment = assessCart(cart, {
        available: wallet && availableIn({ ...wallet, held: pointsHeld(held, wallet) }),
        ...answers,
        ledger,
        alreadyRedeemed: redeemed,
        now: clock.now(),
        hasAddress: order.address !== null,
      });
      const [first, ...others] = assessment.problems.map((problem) => problem.refusal);
      if (order.dryRun) return { kind: "preview", assessment, wouldRefuse: first ? [first, ...others] : [] };
      if (first) return refused(first, ...others);

      afterCommit(tx, () => atCrashPoint("place:after-commit")); // before the job starts, which sends at once
      const now = clock.now();
      const isFresh = now.getTime() - own.at.getTime() <= FRESH_MS;
      const placed = await createOrder(tx, {
        origin: { cartId: cart.id },
        lines: cart.lines,
        ...buyer,
        total: assessment.total,
        address: order.address,
        before: isLedgerFree && isFresh && jobs.hasFreeSlot ? wallet : null,
        request,
        now,
      });
      atCrashPoint("place:before-commit");
      return { kind: "placed", orderId: placed.id, replayed: false, order: placed };
    });
  }

  return async (buyer, { idempotencyKey, dryRun, ...input }) => {
    const { customerId } = buyer;
    const request: IdempotentRequest = {
      actor: `customer:${customerId}`,
      mutation: "placeOrder",
      key: idempotencyKey,
      input,
    };
    const badKey = keyRefusal(idempotencyKey);
    if (badKey) return badKey;
    let account: Account | null = await readAccount(db, customerId, request);
    const earlier = dryRun ? null : replayed(request, account.used);
    if (earlier) return earlier;
    const read = input.shippingAddress == null ? null : readAddress(input.shippingAddress);
    if (read && "refusals" in read) return refused(...(read.refusals as [Refusal, ...Refusal[]]));
    const order: OrderRequest = {
      expectedCartVersion: input.expectedCartVersion ?? null,
      address: read?.address ?? null,
      dryRun: dryRun ?? false,
      cartId: input.cartId ?? null,
    };

    let own: OwnBalance | null = null;
    let asked: QueriedFacts | null = null;
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
      account ??= await readAccount(db, customerId, request);
      own ??= await readOwn(buyer, account.version);
      try {
        const placed: Awaited<ReturnType<typeof attempt>> = await attempt(buyer, request, order, own, asked);
        if (placed === "balance is stale") {
          own = account = null;
          continue;
        }
        if ("askAbout" in placed) {
          asked = await aboutCart.query(placed.askAbout);
          continue;
        }
        if (!isRefused(placed) && placed.kind === "placed" && !placed.replayed) {
          orders.notifyWatchers({ orderId: placed.orderId, customerId });
        }
        return placed;
      } catch (error) {
        if (!isLockTimeout(error)) throw error;
        break;
      }
    }
    return refused(
      refusal(
        "IDEMPOTENCY_IN_PROGRESS",
        "An order of yours is being placed at this moment. Send the same request again.",
        ["input", "idempotencyKey"],
      ),
    );
  };
}

/** The answer to a request with a consumed key; null for a new request. */
function replayed(request: IdempotentRequest, used: UsedKey | null): Placed | Refused | null {
  const earlier = replay(request, used);
  return earlier && !isRefused(earlier) ? { kind: "placed", orderId: earlier.orderId, replayed: true } : earlier;
}

/** The balance of the customer's own wallet at one ledger version; null if it cannot be read. */
interface OwnBalance {
  version: number;
  wallet: PointsBalance | null;
  /** The moment before the reading. */
  at: Date;
}

interface OrderRequest {
  expectedCartVersion: number | null;
  address: Address | null;
  dryRun: boolean;
  cartId: string | null;
}
