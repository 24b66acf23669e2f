import { Failure, refused } from "../../failure.ts";
import { type Operation, operation } from "../../operation.ts";
import { redemptionProgramId } from "../brand.ts";
import { pointsCode } from "../codes.ts";
import type { CapillaryChecks } from "../credentials.ts";
import { groupKeysIn } from "../group-keys.ts";
import type { Locks } from "../locks.ts";
import type { CustomerKeys, Memory } from "../memory.ts";
import type { Customer } from "../records.ts";
import type { Redemptions } from "../redemptions.ts";
import { itemNo, itemYes, response } from "./envelope.ts";
import { keysIn, redeemAddress, redeemableQuery, redeemRequest } from "./wire.ts";

/** v1.1: checking whether points are redeemable, and redeeming them. */
export function pointsOperations(deps: {
  memory: Memory;
  redemptions: Redemptions;
  checks: CapillaryChecks;
  locks: Locks;
}): Operation[] {
  const { memory, redemptions, checks, locks } = deps;

  function enrolled(keys: CustomerKeys): Customer {
    if (!Object.values(keys).some(Boolean)) {
      throw refused("customer identifier is missing", { code: pointsCode.badIdentifier });
    }
    const customer = memory.customer(keys);
    if (!customer) throw refused("customer is not registered", { code: pointsCode.customerUnknown });
    return customer;
  }

  return [
    operation({
      name: "isredeemable",
      method: "GET",
      path: "/v1.1/points/isredeemable",
      authenticate: checks.basic,
      input: redeemableQuery,
      effect: (query) => {
        const { points, mobile, program_id } = query;
        const asked = { mobile, points: points ?? 0 };
        try {
          const customer = enrolled(keysIn(query));
          const programId = program_id ?? 0;
          redemptions.check({
            customer,
            groupKeys: groupKeysIn(memory, customer, query),
            programId,
            points: asked.points,
          });
          const redeemable = {
            ...asked,
            mobile: customer.mobile,
            is_redeemable: "true",
            points_redeem_value: asked.points,
            points_redeem_local_value: asked.points,
            points_currency_ratio: "1",
            item_status: itemYes(pointsCode.done, "Points can be redeemed"),
          };
          return response({ points: { redeemable } });
        } catch (error) {
          const item_status = itemNo(refusalIn(error));
          return response({ points: { redeemable: { ...asked, is_redeemable: "false", item_status } } });
        }
      },
    }),

    operation({
      name: "redeem",
      method: "POST",
      path: "/v1.1/points/redeem",
      authenticate: checks.basic,
      input: redeemRequest,
      address: redeemAddress,
      claim: ({ root }) => {
        const customer = memory.customer(keysIn(root.redeem[0]?.customer ?? nobody));
        const release = customer ? locks.take(customer.userId) : () => {};
        if (release) return release;
        throw refused("another request for this customer is in progress", { code: pointsCode.customerBusy });
      },
      effect: ({ root }, _caller, address) => {
        const [wanted] = root.redeem;
        try {
          if (!wanted) throw refused("nothing to redeem", { code: pointsCode.badAmount });
          if (address.skip_validation !== "true") {
            const message =
              "validation code is missing or invalid: the sandbox sends none, skip_validation=true goes without";
            throw refused(message, { code: pointsCode.otpProblem });
          }
          const customer = enrolled(keysIn(wanted.customer));
          const redemption = redemptions.redeem({
            customer,
            groupKeys: groupKeysIn(memory, customer, address),
            programId: address.program_id ?? redemptionProgramId,
            points: wanted.points_redeemed ?? 0,
            transactionNumber: wanted.transaction_number,
            externalReference: wanted.external_reference_number,
            fingerprint: JSON.stringify([address, wanted]),
            till: null,
            notes: wanted.notes,
          });
          const { wallet, points } = redemption;
          const done = {
            user_id: String(customer.userId),
            redemption_id: redemption.redemptionId,
            points_redeemed: String(points),
            redeemed_value: points,
            balance: memory.balance(wallet).spendable,
            ...(wallet.kind === "group" && { is_group_redemption: true }),
            side_effects: { effect: [] },
            item_status: itemYes(pointsCode.done, "Points redeemed successfully"),
          };
          return response({ responses: { points: done } });
        } catch (error) {
          return response({ responses: { points: { item_status: itemNo(refusalIn(error)) } } });
        }
      },
    }),
  ];
}

const nobody = { id: null, mobile: null, email: null, external_id: null };

/** A business refusal, reported for the item; any other error is rethrown. */
function refusalIn(error: unknown): Failure {
  if (error instanceof Failure && error.kind === "refused") return error;
  throw error;
}
