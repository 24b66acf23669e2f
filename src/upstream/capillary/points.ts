import type { Caller, CallOptions } from "./caller.ts";
import { CapillaryError, type CapillaryReason } from "./capillary-error.ts";
import { reasonOf } from "./codes.ts";
import { v1Envelope } from "./envelope.ts";
import { asNumber, type CustomerKey, customerInPoints, type GroupSelector, groupInPoints } from "./identities.ts";
import {
  type AllocationOutcome,
  type AllocationRow,
  allocationEnvelope,
  allocationRows,
  redeemable,
} from "./wire/points.ts";

/** Whether points could be redeemed now and, if not, the reason. This is only advice: redeeming decides. */
export type Redeemable =
  | { isRedeemable: true; value: number | null }
  | { isRedeemable: false; reason: CapillaryReason; code: string | null; message: string };

export interface Allocation {
  customer: { identifierType: string; identifierValue: string };
  /** The value that the award strategy converts into points; it equals the points only under a one-to-one strategy. */
  amount: number;
  awardStrategyId: string;
  expiryStrategyId: string;
  /** The idempotency key. */
  uniqueId: string;
  /** The gateway's own reference, shown with the points. */
  reference: string;
}

export interface Points {
  /** Checks whether a wallet, the customer's own or a group's, could pay an amount. */
  isRedeemable(
    input: { customer: CustomerKey; points: number; group?: GroupSelector | undefined } & CallOptions,
  ): Promise<Redeemable>;
  /** Credits points to at most ten customers at a time. Returns an outcome for each, in the order of the input. */
  allocate(allocations: Allocation[]): Promise<AllocationOutcome[]>;
}

const MAX_ALLOCATIONS = 10;
const missingRow: AllocationOutcome = { outcome: "unknown", codes: [], message: "nothing was said of it", details: {} };

export function makePoints(caller: Caller, { orgId, programId }: { orgId: string; programId: string }): Points {
  return {
    async isRedeemable({ customer, points, group, ...options }) {
      const operation = "isredeemable";
      try {
        const { isRedeemable, value, code, message } = await caller.ask({
          operation,
          api: "v1.1",
          method: "GET",
          path: "/points/isredeemable",
          query: {
            ...customerInPoints(customer),
            points: String(points),
            program_id: programId,
            ...(group && groupInPoints(group)),
          },
          envelope: v1Envelope,
          shape: redeemable,
          ...options,
        });
        if (isRedeemable) return { isRedeemable, value };
        const reason = reasonOf(operation, code, []);
        return { isRedeemable, reason: reason === "other" ? "points-not-redeemable" : reason, code, message };
      } catch (error) {
        if (!(error instanceof CapillaryError) || error.isRetryable) throw error;
        const [code = null] = error.codes;
        return { isRedeemable: false, reason: error.reason, code, message: error.upstreamMessage };
      }
    },

    async allocate(allocations) {
      if (allocations.length > MAX_ALLOCATIONS) throw new RangeError(`at most ${MAX_ALLOCATIONS} allocations a call`);
      const rows = await caller.ask({
        operation: "allocate",
        api: "v2",
        method: "POST",
        path: "/customers/bulk/manualCurrencyAllocate",
        body: allocations.map((one) => ({
          orgId: asNumber(orgId),
          programId: asNumber(programId),
          awardStrategyId: asNumber(one.awardStrategyId),
          expiryStrategyId: asNumber(one.expiryStrategyId),
          sourceValue: one.amount,
          eventName: "GenericEvent",
          eventSourceId: one.reference,
          currencyType: "REGULAR",
          uniqueId: one.uniqueId,
          lookupParams: { ...one.customer, entityType: "CUSTOMER", source: "INSTORE" },
        })),
        envelope: allocationEnvelope,
        shape: allocationRows,
        // No lock for a customer is needed: the key makes an allocation idempotent, and a batch has many customers.
        writesFor: allocations.map(({ uniqueId }) => uniqueId).join(" "),
        needsBasic: true,
      });
      return allocations.map((one, position) => outcomeOf(one, position, allocations, rows));
    },
  };
}

/** Matches by key, else by an unambiguous customer, else by position if no row is identified and none is missing. */
function outcomeOf(one: Allocation, position: number, all: Allocation[], rows: AllocationRow[]): AllocationOutcome {
  const named = rows.find(({ uniqueId }) => uniqueId === one.uniqueId);
  if (named) return named.outcome;
  const { identifierValue } = one.customer;
  const isUnique = all.filter(({ customer }) => customer.identifierValue === identifierValue).length === 1;
  const [ofCustomer, ...more] = rows.filter(
    ({ uniqueId, identifier }) => uniqueId === null && identifier === identifierValue,
  );
  if (ofCustomer && isUnique && more.length === 0) return ofCustomer.outcome;
  const isAnonymous = rows.every(({ uniqueId, identifier }) => uniqueId === null && identifier === null);
  return (isAnonymous && rows.length === all.length ? rows[position]?.outcome : undefined) ?? missingRow;
}
