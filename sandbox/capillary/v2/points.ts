import { z } from "zod";
import { Failure, invalid, refused } from "../../failure.ts";
import { type Operation, operation } from "../../operation.ts";
import { awardStrategies, brand, expiryStrategyIds, programIds } from "../brand.ts";
import { pointsCode } from "../codes.ts";
import type { CapillaryChecks } from "../credentials.ts";
import { exact, type Memory } from "../memory.ts";
import type { Redemptions } from "../redemptions.ts";
import { looseNumber, looseText } from "../wire.ts";
import { noWarnings } from "./envelope.ts";

const reverseRequest = z
  .object({
    redemptionId: looseText,
    externalReferenceNumber: looseText,
    pointsToBeReversed: looseNumber,
    identifier: z.object({ type: z.string(), value: z.union([z.string(), z.number()]).transform(String) }),
  })
  .refine(
    ({ redemptionId, externalReferenceNumber }) => (redemptionId === null) !== (externalReferenceNumber === null),
    {
      path: ["redemptionId"],
      message: "exactly one of redemptionId and externalReferenceNumber",
    },
  );

const allocation = z.object({
  programId: z.int(),
  awardStrategyId: z.int(),
  expiryStrategyId: z.int(),
  sourceValue: z.number().nonnegative(),
  eventName: z.string(),
  eventSourceId: looseText,
  currencyType: z.enum(["REGULAR", "PROMISED"]).default("REGULAR"),
  pointsRoundingStrategy: z.enum(["FLOOR", "ACTUAL", "ROUND"]).default("ACTUAL"),
  uniqueId: looseText,
  lookupParams: z.object({
    identifierType: z.string(),
    identifierValue: z.union([z.string(), z.number()]).transform(String),
    entityType: z.string().default("CUSTOMER"),
  }),
});

const allocateRequest = z.array(allocation).min(1).max(10);

type Allocation = z.output<typeof allocation>;

const eventNames = ["TransactionAdd", "TargetCompleted", "GenericEvent"];

/** v2: reversing redemptions, and allocating points. */
export function pointsOperations(deps: {
  memory: Memory;
  redemptions: Redemptions;
  checks: CapillaryChecks;
}): Operation[] {
  const { memory, redemptions, checks } = deps;

  return [
    operation({
      name: "reverse",
      method: "POST",
      path: "/v2/points/reverse",
      authenticate: checks.basicOrOAuth,
      input: reverseRequest,
      effect: ({ redemptionId, externalReferenceNumber, pointsToBeReversed, identifier }) => {
        const { redemption, reversal } = redemptions.reverse({
          redemptionId,
          externalReference: externalReferenceNumber,
          customer: memory.customer(keysFor(identifier)),
          points: pointsToBeReversed,
        });
        return {
          orgId: brand.orgId,
          customerId: redemption.userId,
          identifier,
          redemptionId: redemption.redemptionId,
          reversalId: reversal.reversalId,
          pointsToBeReversed: reversal.points,
          pointsReversed: reversal.points,
          pointsReversedDetails: { available: reversal.points, expired: 0 },
          warnings: noWarnings,
        };
      },
    }),

    operation({
      name: "manualCurrencyAllocate",
      method: "POST",
      path: "/v2/customers/bulk/manualCurrencyAllocate",
      authenticate: checks.basic,
      input: allocateRequest,
      effect: (requests) => {
        const data = requests.map(outcomeOf);
        const success = data.filter(({ status }) => status === "SUCCESS").length;
        return { total: data.length, success, failures: data.length - success, data, warnings: noWarnings };
      },
    }),
  ];

  /** Each request separately: a failure does not affect the others. */
  function outcomeOf(request: Allocation) {
    try {
      const { entityId, points } = allocate(request);
      const effect = { entityType: "USER", rawAwardedPoints: points, awardedPoints: points, type: "points" };
      return { status: "SUCCESS", entityId, sideEffects: [effect] };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { status: "FAILED", errors: [{ status: false, code: error.code, message: error.message }] };
    }
  }

  function allocate(request: Allocation) {
    const { programId, awardStrategyId, expiryStrategyId, sourceValue, eventName, currencyType, uniqueId } = request;
    const perUnit = awardStrategies.get(awardStrategyId);
    if (!programIds.includes(programId)) throw refusedAllocation(`Program with id ${programId} not found`);
    if (perUnit === undefined) throw refusedAllocation(`Award Strategy not found with id : ${awardStrategyId}`);
    if (!expiryStrategyIds.includes(expiryStrategyId)) {
      throw refusedAllocation(`Expiry strategy not found with id : ${expiryStrategyId}`);
    }
    if (!eventNames.includes(eventName)) throw refusedAllocation(`Event ${eventName} is not supported`);
    if (uniqueId !== null && memory.allocationIds.has(uniqueId))
      throw refusedAllocation(`Duplicate uniqueId ${uniqueId}`);
    const owner = ownerOf(request);
    const round = { FLOOR: Math.floor, ROUND: Math.round, ACTUAL: exact }[request.pointsRoundingStrategy];
    const points = round(sourceValue * perUnit);
    const wallet = { ...owner, programId };
    const { spendable, delayed } = memory.balance(wallet);
    const balanceAfter = exact((currencyType === "REGULAR" ? spendable : delayed) + points);
    memory.post({ type: "allocation", uniqueId, movement: { wallet, points, currency: currencyType, balanceAfter } });
    return { entityId: owner.id, points };
  }

  function ownerOf({ lookupParams }: Allocation) {
    const { identifierType: type, identifierValue: value, entityType } = lookupParams;
    if (entityType === "CUSTOMER") {
      const customer = memory.customer(keysFor({ type, value }));
      if (!customer) throw refused("Customer not found", { code: pointsCode.customerUnknownV2 });
      return { kind: "customer", id: customer.userId } as const;
    }
    const isIt = type === "externalId" ? (each: { externalId: string | null }) => each.externalId === value : undefined;
    const group = isIt ? [...memory.groups.values()].find(isIt) : memory.groups.get(Number(value));
    if (!group) throw refused(`group ${value} is not valid`, { code: pointsCode.groupUnknown });
    return { kind: "group", id: group.id } as const;
  }
}

const refusedAllocation = (message: string) => refused(message, { code: pointsCode.allocationRefused });

/** The two published lists of identifier types, in any case. */
function keysFor({ type, value }: { type: string; value: string }) {
  const keys = { id: "userId", phone: "mobile", mobile: "mobile", email: "email", externalid: "externalId" };
  const key = new Map(Object.entries(keys)).get(type.toLowerCase());
  if (!key) throw invalid(`identifier.type: expected one of ${Object.keys(keys).join(", ")}`);
  return { [key]: value };
}
