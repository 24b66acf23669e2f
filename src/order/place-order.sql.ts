import type { Cart, CartLine } from "../cart/index.ts";
import { fromRewardJson, type RewardJson, rewardJson } from "../catalog/index.ts";
import { isLedgerFree } from "../ledger/customer-ledger.sql.ts";
import { Prisma, plansOnce, type Tx } from "../platform/db.ts";
import type { HeldDeduction } from "../wallet/index.ts";
import type { IdempotentRequest, UsedKey } from "./idempotency.ts";
import { heldDeductions, isHeldFromOwnWallet, redeemedUnits } from "./redeemed.sql.ts";

/** Selects the earlier use of the request's idempotency key, as JSON: null if the key is new. */
const usedKey = ({ actor, mutation, key }: IdempotentRequest) => Prisma.sql`(
  select jsonb_build_object('orderId', order_id, 'inputHash', encode(input_hash, 'hex')) from idempotency_keys
  where actor = ${actor} and mutation = ${mutation} and key = ${key})`;

/** The customer's ledger version, and the earlier use of the idempotency key. */
export interface Account {
  version: number;
  used: UsedKey | null;
}

/** @throws Error for an unknown customer */
export async function readAccount(tx: Tx, customerId: string, request: IdempotentRequest): Promise<Account> {
  const [account] = await tx.$queryRaw<Account[]>`
    select ledger_version as version, ${usedKey(request)} as used from customers where customer_id = ${customerId}`;
  if (!account) throw new Error(`there is no customer ${customerId}`);
  return account;
}

/**
 * Locks the customer, then the customer's open cart, until the transaction ends. Waits at most 10 s for each lock; the
 * limit holds for all later locks of the transaction.
 *
 * @returns the customer's ledger version; the cart's id is null without an open cart, or if the cart was ordered during
 * the wait
 */
export async function lockAccount(tx: Tx, customerId: string): Promise<{ version: number; cartId: string | null }> {
  const [locked] = await tx.$queryRaw<{ version: number; cartId: string | null }[]>`
    with patience as materialized (
      select set_config('lock_timeout', '10s', true), ${plansOnce}
    ), customer as (
      select customer_id, ledger_version from customers, patience where customer_id = ${customerId} for update of customers
    ), cart as (
      select carts.id from carts join customer using (customer_id) where status = 'OPEN' for update of carts
    )
    select ledger_version as version, (select id from cart) as "cartId" from customer`;
  if (!locked) throw new Error(`there is no customer ${customerId}`);
  return locked;
}

/** All facts in the database that the evaluation of a cart needs. */
export interface Checkout {
  cart: Cart;
  used: UsedKey | null;
  /** Deductions of open orders from the customer's own wallet. */
  held: HeldDeduction[];
  /** By reward: units that the customer has redeemed or is about to redeem, without prizes. */
  redeemed: ReadonlyMap<string, number>;
  /** True if no other movement of the customer's own wallet is in flight: the deduction may be marked. */
  isLedgerFree: boolean;
}

interface CheckoutRow {
  used: UsedKey | null;
  version: number;
  lines: (Omit<CartLine, "reward"> & { reward: RewardJson })[] | null;
  held: HeldDeduction[] | null;
  redeemed: Record<string, number> | null;
  isLedgerFree: boolean;
}

export async function readCheckout(
  tx: Tx,
  { customerId, cartId, request }: { customerId: string; cartId: string; request: IdempotentRequest },
): Promise<Checkout> {
  const inCart = Prisma.sql`l.reward_id in (select reward_id from cart_lines where cart_id = ${cartId}::uuid)`;
  const [row] = await tx.$queryRaw<CheckoutRow[]>`
    select ${usedKey(request)} as used, version, ${isLedgerFree(Prisma.sql`${customerId}`)} as "isLedgerFree", (
        select jsonb_agg(jsonb_build_object('id', l.id, 'quantity', l.quantity, 'seenPoints', l.seen_points,
          'payWith', l.pay_with, 'groupId', l.group_id, 'reward', ${rewardJson}) order by l.id)
        from cart_lines l join rewards r on r.id = l.reward_id where l.cart_id = carts.id
      ) as lines, (
        select ${heldDeductions} from points_movements
        where customer_id = ${customerId} and ${isHeldFromOwnWallet}
      ) as held, (
        select jsonb_object_agg(reward_id, units) from (${redeemedUnits(customerId, inCart)}) redeemed
      ) as redeemed
    from carts where id = ${cartId}::uuid`;
  if (!row) throw new Error(`there is no cart ${cartId}`);
  const lines = (row.lines ?? []).map((line) => ({ ...line, reward: fromRewardJson(line.reward) }));
  return {
    cart: { id: cartId, customerId, version: row.version, lines },
    used: row.used,
    held: row.held ?? [],
    redeemed: new Map(Object.entries(row.redeemed ?? {})),
    isLedgerFree: row.isLedgerFree,
  };
}
