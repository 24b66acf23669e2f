import { invalid } from "../../failure.ts";
import { type Operation, operation } from "../../operation.ts";
import { programIds, redemptionProgramId } from "../brand.ts";
import { pointsCode } from "../codes.ts";
import type { CapillaryChecks } from "../credentials.ts";
import { spaced } from "../dates.ts";
import type { CustomerKeys, Memory } from "../memory.ts";
import type { Customer, Redemption } from "../records.ts";
import { groupsOf } from "../wallets.ts";
import { itemYes, response } from "./envelope.ts";
import { customersQuery, keysOfMany, redemptionsQuery } from "./wire.ts";

/** v1.1: many customers in one call, and their redemptions. */
export function customerOperations({ memory, checks }: { memory: Memory; checks: CapillaryChecks }): Operation[] {
  const unknown = (keys: CustomerKeys) => ({
    ...Object.fromEntries(Object.entries(keys).map(([key, value]) => [wireName[key], value])),
    item_status: { success: "false", code: String(pointsCode.customerUnknown), message: "Customer not registered" },
  });

  return [
    operation({
      name: "get",
      method: "GET",
      path: "/v1.1/customer/get",
      authenticate: checks.basic,
      input: customersQuery,
      effect: (query) => {
        const asked = keysOfMany(query);
        if (asked.length === 0) throw invalid("id, mobile, email or external_id is required");
        const found = asked.flatMap((keys) => memory.customer(keys) ?? []);
        const missing = asked.filter((keys) => !memory.customer(keys));
        const include = { userId: query.user_id, programs: query.mlp, groups: query.user_group };
        // In another order than the request's, because the order is not documented.
        const customer = [
          ...found.toSorted((a, b) => a.userId - b.userId).map((each) => customerRow(each, include)),
          ...missing.map(unknown),
        ];
        const { response: answer } = response({ customers: { customer } });
        const counts = { total: String(asked.length), success_count: String(found.length) };
        const verdict = found.length > 0 ? answer.status : { success: "false", code: 500, message: "All failed" };
        return { response: { ...answer, status: { ...verdict, ...counts } } };
      },
    }),

    operation({
      name: "redemptions",
      method: "GET",
      path: "/v1.1/customer/redemptions",
      authenticate: checks.basic,
      input: redemptionsQuery,
      effect: (query) => {
        const asked = keysOfMany(query);
        if (asked.length === 0) throw invalid("id, mobile, email or external_id is required");
        const rows = asked.map((keys) => {
          const customer = memory.customer(keys);
          return customer ? redemptionsRow(customer) : unknown(keys);
        });
        // A single customer is an object, as in every sample; several are a list.
        return response({ customer: rows.length === 1 ? rows[0] : rows });

        function redemptionsRow({ userId, mobile, externalId }: Customer) {
          const offset = query.points_offset ?? 0;
          const point = [...memory.redemptions.values()]
            .filter((each) => each.userId === userId && isWithin(each.at, query.start_date, query.end_date))
            .reverse()
            .slice(offset, offset + Math.min(query.points_limit ?? 10, 500))
            .map(pointRow);
          return {
            user_id: String(userId),
            mobile,
            external_id: externalId ?? "",
            redemptions: {
              ...(query.type !== "COUPONS" && { points: { point } }),
              ...(query.type !== "POINTS" && { coupons: { coupon: couponsOf(userId) } }),
            },
            item_status: itemYes("1000", "Redemptions fetched"),
          };
        }
      },
    }),
  ];

  function customerRow(
    customer: Customer,
    include: { userId?: string | undefined; programs?: string | undefined; groups?: string | undefined },
  ) {
    const { userId, mobile, email, externalId, firstName, lastName, joinedAt } = customer;
    const wallet = (programId: number) => memory.balance({ kind: "customer", id: userId, programId });
    return {
      ...(include.userId === "true" && { user_id: String(userId) }),
      firstname: firstName,
      lastname: lastName,
      mobile,
      email: email ?? "",
      external_id: externalId ?? "",
      registered_on: spaced(joinedAt),
      loyalty_points: wallet(redemptionProgramId).spendable,
      lifetime_points: wallet(redemptionProgramId).lifetime,
      current_slab: "Gold",
      ...(include.programs === "true" && {
        points_summaries: {
          points_summary: programIds.map((programId) => ({
            program_id: String(programId),
            loyalty_points: String(wallet(programId).spendable),
            lifetime_points: String(wallet(programId).lifetime),
            redeemed: String(wallet(programId).redeemed),
            expired: String(wallet(programId).expired),
          })),
        },
      }),
      // Empty in every sample; the filled form is a guess.
      user_groups2: include.groups === "true" ? groupsOf(memory, customer).map((group) => groupRow(group.id)) : [],
      item_status: { success: "true", code: "1000", message: "Customer successfully retrieved" },
    };

    function groupRow(id: number) {
      const group = memory.groups.get(id);
      const role = group?.members.find((each) => each.userId === userId)?.role;
      return { id: String(id), external_id: group?.externalId ?? "", name: group?.name ?? "", role };
    }
  }

  function pointRow(redemption: Redemption) {
    const { redemptionId, wallet, points, at, till, transactionNumber, externalReference, notes } = redemption;
    return {
      id: redemptionId,
      program_id: String(wallet.programId),
      points_redeemed: String(points),
      transaction_number: transactionNumber ?? "",
      external_reference_number: externalReference ?? "",
      redemption_id: redemptionId,
      redeemed_time: spaced(at),
      redeemed_till: till ?? "",
      notes: notes ?? "",
      reversals: memory.reversals
        .filter((each) => each.redemptionId === redemptionId)
        .map((each) => ({ id: each.reversalId, points_reversed: String(each.points), reversed_time: spaced(each.at) })),
      redemption_breakup_by_program: [{ program_id: String(wallet.programId), points: String(points) }],
    };
  }

  /** Used coupons; coupons that are only issued are not included. */
  function couponsOf(userId: number) {
    return memory.issuals.flatMap(({ transactionId, transactionNumber, state, given, at, ...issual }) =>
      issual.userId === userId && state === "REDEEMED" && given?.kind === "coupon"
        ? {
            id: String(transactionId),
            code: given.code,
            series_id: String(given.seriesId),
            transaction_number: transactionNumber ?? "",
            redeemed_time: spaced(at),
          }
        : [],
    );
  }
}

const wireName: Record<string, string> = { userId: "id", mobile: "mobile", email: "email", externalId: "external_id" };

/** Bounds are whole days or `YYYY-MM-DD HH:mm:ss`, both inclusive. */
function isWithin(at: string, from: string | null, to: string | null): boolean {
  const time = spaced(at);
  return (from === null || time >= from) && (to === null || time.slice(0, to.length) <= to);
}
