import type { WalletReading } from "../ledger/evidence.ts";
import type { Prisma, Tx } from "../platform/db.ts";
import type {
  PointsLedger,
  PointsState,
  RewardKind,
  RewardSource,
  WalletKind,
} from "../platform/generated/prisma/enums.ts";
import { type IdempotentRequest, inputHash } from "./idempotency.ts";
import type { Order } from "./order.ts";

/** The rows of a new order. */
export interface OrderRows {
  order: Order;
  /** Encrypted. */
  clientToken: Uint8Array | null;
  lines: {
    id: string;
    position: number;
    rewardId: string;
    name: string;
    kind: RewardKind;
    source: RewardSource;
    quantity: number;
    unitPoints: number;
    payWith: WalletKind;
    groupId: string | null;
  }[];
  units: { id: string; lineId: string; unit: number }[];
  issues: {
    unitId: string;
    transactionNumber: string;
    upstreamRewardId: string;
    paymentConfigId: string | null;
    groupId: string | null;
    points: number;
  }[];
  /** The deductions. */
  movements: {
    /** The wallet just before the deduction if it is marked as sent; null if it is not. */
    before: WalletReading | null;
    id: string;
    number: number;
    ledger: PointsLedger;
    payWith: WalletKind;
    groupId: string | null;
    unitId: string | null;
    points: number;
    lineIds: string[];
    reference: string;
  }[];
  /** The idempotency key that the order consumes; null without a key. */
  request: IdempotentRequest | null;
  /** The first events, oldest first. The last has the order's `pointsState`. */
  events: { pointsState: PointsState; message: string }[];
  /** The insert statement of the job. */
  job: Prisma.Sql;
}

/**
 * In one statement: inserts an order with its first events and its job, marks its cart as ordered, consumes its
 * idempotency key, and raises the ledger version if a movement is marked as sent. The trigger
 * `order_events_tell_member` appends the events to the customer's feed at the commit (`docs/invariants.md`).
 */
export async function insertOrder(
  tx: Tx,
  { order, clientToken, lines, units, issues, movements, request, events, job }: OrderRows,
): Promise<void> {
  const isMarked = movements.some(({ before }) => before !== null);
  const { id, number, customerId, cartId, awardId, seq, pointsState, total, shippingAddress, placedAt } = order;
  await tx.$executeRaw`
    with ordered_cart as (
      update carts set status = 'ORDERED' where id = ${cartId}::uuid
    ), version as (
      update customers set ledger_version = ledger_version + 1 where customer_id = ${customerId} and ${isMarked}
    ), new_job as (
      ${job}
    ), used_key as (
      insert into idempotency_keys (actor, mutation, key, input_hash, order_id, created_at)
      select ${request?.actor}, ${request?.mutation}, ${request?.key}, ${request && new Uint8Array(inputHash(request))}::bytea,
        ${id}::uuid, ${placedAt}
      where ${request !== null}
    ), new_order as (
      insert into orders (id, number, customer_id, cart_id, award_id, total, shipping_address, client_token, placed_at, seq,
        points_state)
      values (${id}::uuid, ${number}, ${customerId}, ${cartId}::uuid, ${awardId}::uuid, ${total}::bigint,
        ${shippingAddress && JSON.stringify(shippingAddress)}::jsonb, ${clientToken}::bytea, ${placedAt}, ${seq},
        ${pointsState}::points_state)
    ), new_lines as (
      insert into order_lines (id, order_id, position, reward_id, name, kind, source, quantity, unit_points, pay_with, group_id)
      select id, ${id}::uuid, position, "rewardId", name, kind, source, quantity, "unitPoints", "payWith", "groupId"
      from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) as line (id uuid, position int, "rewardId" uuid, name text,
        kind reward_kind, source reward_source, quantity int, "unitPoints" bigint, "payWith" wallet_kind, "groupId" text)
    ), new_units as (
      insert into order_units (id, line_id, unit)
      select id, "lineId", unit from jsonb_to_recordset(${JSON.stringify(units)}::jsonb) as unit (id uuid, "lineId" uuid, unit int)
    ), new_issues as (
      insert into unit_issues (unit_id, order_id, transaction_number, upstream_reward_id, payment_config_id, group_id, points)
      select "unitId", ${id}::uuid, "transactionNumber", "upstreamRewardId", "paymentConfigId", "groupId", points
      from jsonb_to_recordset(${JSON.stringify(issues)}::jsonb) as issue ("unitId" uuid, "transactionNumber" text,
        "upstreamRewardId" text, "paymentConfigId" text, "groupId" text, points bigint)
    ), new_movements as (
      insert into points_movements (id, order_id, customer_id, kind, number, ledger, pay_with, group_id, unit_id, points,
        line_ids, reference, requested_at, attempts, sent_at, balance_before, earned_before)
      select id, ${id}::uuid, ${customerId}, 'TAKEN', number, ledger, "payWith", "groupId", "unitId", points, "lineIds",
        reference, ${placedAt}, (before is not null)::int, case when before is not null then ${placedAt}::timestamptz end,
        (before ->> 'balance')::bigint, (before ->> 'earned')::bigint
      from jsonb_to_recordset(${JSON.stringify(movements)}::jsonb) as movement (id uuid, number int, ledger points_ledger,
        "payWith" wallet_kind, "groupId" text, "unitId" uuid, points bigint, "lineIds" uuid[], reference text, before jsonb)
    )
    insert into order_events (order_id, seq, status, previous_status, points_state, message, at, tells)
    select ${id}::uuid, nth, 'PENDING', case when nth > 1 then 'PENDING'::order_status end, "pointsState", message, ${placedAt},
      case nth when ${seq} then nth else 0 end
    from jsonb_to_recordset(${JSON.stringify(events.map((event, index) => ({ ...event, nth: index + 1 })))}::jsonb)
      as event (nth int, "pointsState" points_state, message text)
    order by nth`;
}
