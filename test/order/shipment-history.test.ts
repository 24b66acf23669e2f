import { describe, expect, test } from "vitest";
import type { ShipmentStatus } from "../../src/graphql/generated/resolvers.ts";
import { contradictionsOf, type RecordedReport, readHistory } from "../../src/order/shipment-history.ts";
import type { UnitState } from "../../src/platform/generated/prisma/enums.ts";

const reported: ShipmentStatus[] = ["SHIPPED", "DELIVERED", "RETURNED", "LOST", "REJECTED"];

/** Every ordered selection of these elements. */
function sequences<T>(items: readonly T[]): T[][] {
  return items.flatMap((item) => {
    const others = items.filter((other) => other !== item);
    return [[item], ...sequences(others).map((rest) => [item, ...rest])];
  });
}
const permutations = <T>(items: readonly T[]): T[][] =>
  sequences(items).filter((sequence) => sequence.length === items.length);

/** The moments of a sequence: one status a minute. */
const happened = (statuses: readonly ShipmentStatus[]): RecordedReport[] =>
  statuses.map((status, minute) => ({ status, occurredAt: new Date(Date.UTC(2026, 10, 28, 12, minute)) }));

/** The result of these reports when they arrive in this order, one after the other, for one unit. */
function arrive(reports: readonly RecordedReport[], unit: UnitState = "PREPARING") {
  let state = unit;
  let told: string[] = [];
  let status: ShipmentStatus = "PREPARING";
  for (const [index] of reports.entries()) {
    const history = readHistory(reports.slice(0, index + 1));
    if (state === "PREPARING" && history.decision) state = history.decision.unitState;
    told = contradictionsOf(history, [state]);
    status = history.status;
  }
  return { status, unit: state, told };
}

const hasGoods = (status: ShipmentStatus) => status === "DELIVERED";

describe("reports in every order of arrival of every order of events", () => {
  const all = sequences(reported).map(happened);

  test("lead to the same status, and to the same discrepancies", () => {
    for (const events of all) {
      const inTurn = arrive(events);
      for (const arrival of permutations(events)) {
        const { status, told } = arrive(arrival);
        expect({ status, told }, describeArrival(arrival)).toEqual({ status: inTurn.status, told: inTurn.told });
      }
    }
  });

  test("lead to the same points, unless operators are notified", () => {
    let silent = 0;
    for (const events of all) {
      const inTurn = arrive(events);
      if (inTurn.told.length > 0) continue;
      silent += 1;
      for (const arrival of permutations(events)) {
        expect(arrive(arrival).unit, describeArrival(arrival)).toBe(inTurn.unit);
      }
    }
    // SHIPPED, DELIVERED, LOST, REJECTED, each alone; SHIPPED then DELIVERED, RETURNED or LOST; LOST then RETURNED, also shipped.
    expect(silent).toBe(9);
  });

  test("leave no customer with both goods and points, or with neither, unless operators are notified", () => {
    for (const events of all) {
      for (const arrival of permutations(events)) {
        const { status, unit, told } = arrive(arrival);
        const isOpen = unit === "PREPARING" && (status === "SHIPPED" || status === "PREPARING");
        const agrees = isOpen || hasGoods(status) === (unit === "FULFILLED");
        expect(agrees || told.length > 0, describeArrival(arrival)).toBe(true);
      }
    }
  });

  test("notify operators of every parcel that is out although its line was cancelled, and of no other", () => {
    for (const events of all) {
      const { status, told } = arrive(events, "CANCELLED");
      expect(told.length > 0, describeArrival(events)).toBe(status === "SHIPPED" || status === "DELIVERED");
    }
  });
});

test("reports of one moment are applied in the order in which parcels travel", () => {
  const at = new Date("2026-11-28T00:00:00Z");
  for (const arrival of permutations(["SHIPPED", "RETURNED"] as const)) {
    expect(arrive(arrival.map((status) => ({ status, occurredAt: at })))).toMatchObject({
      status: "RETURNED",
      unit: "FAILED",
      told: [],
    });
  }
});

test("a reversed line is no discrepancy any more", () => {
  const history = readHistory(happened(["DELIVERED", "RETURNED"]));
  expect(contradictionsOf(history, ["FULFILLED"])).toEqual([expect.stringContaining("RETURNED")]);
  expect(contradictionsOf(history, ["REVERSED"])).toEqual([]);
});

const describeArrival = (reports: readonly RecordedReport[]) =>
  reports.map(({ status, occurredAt }) => `${status}@${occurredAt.getUTCMinutes()}`).join(" ");
