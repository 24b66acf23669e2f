import { expect, test } from "vitest";
import { statementCsv } from "../../microsite/src/account/statement-csv.ts";
import { addressLines, fieldOrder } from "../../microsite/src/checkout/address-order.ts";
import { stepsOf } from "../../microsite/src/orders/order-steps.ts";
import { failureKey, pointsSpent, shownShipment } from "../../microsite/src/orders/order-texts.ts";

/** The texts of the microsite's pages for given records, without a browser. */

type Trail = Parameters<typeof failureKey>[1];
const movement = (part: Partial<Trail[number]>): Trail[number] => ({
  __typename: "PointsMovement",
  id: "m",
  kind: "TAKEN",
  payWith: "INDIVIDUAL",
  groupWallet: null,
  points: 400,
  state: "CONFIRMED",
  reason: null,
  lineIds: ["l"],
  requestedAt: "2026-11-01T10:00:00Z",
  settledAt: "2026-11-01T10:00:01Z",
  ...part,
});
type Line = Parameters<typeof failureKey>[0];
const line = (part: Partial<Line>): Line => ({ id: "l", status: "FAILED", failure: null, shipment: null, ...part });
const shipment = (status: NonNullable<Line["shipment"]>["status"]) => ({
  __typename: "Shipment" as const,
  status,
  carrier: null,
  trackingNumber: null,
});
const failed = (reason: NonNullable<Line["failure"]>["reason"]) => ({
  __typename: "LineFailure" as const,
  reason,
  message: "",
});

test("a refusal by the points provider is not attributed to the partner", () => {
  const refusedLine = line({ failure: failed("UPSTREAM_REFUSED") });
  expect(failureKey(refusedLine, [movement({ state: "REFUSED" })])).toBe("reason.POINTS_REFUSED");
  expect(failureKey(refusedLine, [movement({})])).toBe("reason.UPSTREAM_REFUSED");
  expect(failureKey(line({ failure: failed("INSUFFICIENT_POINTS") }), [movement({ state: "REFUSED" })])).toBe(
    "reason.INSUFFICIENT_POINTS",
  );
});

test.each([
  ["CANCELLED", "PREPARING", false],
  ["FAILED", "SHIPPED", false],
  ["FAILED", "LOST", true],
  ["PROCESSING", "PREPARING", true],
  ["FULFILLED", "PREPARING", false],
  ["FULFILLED", "DELIVERED", true],
  ["REVERSED", "RETURNED", true],
] as const)("for a line that is %s and a shipment that is %s, the page shows %s", (status, shipped, isShown) => {
  expect(shownShipment(line({ status, shipment: shipment(shipped) })) !== null).toBe(isShown);
});

test("an order has spent the deducted points without the refunded ones", () => {
  const trail = [movement({}), movement({ kind: "RETURNED", points: 150 })];
  expect(pointsSpent({ pointsTrail: trail })).toBe(250);
  expect(pointsSpent({ pointsTrail: [movement({ state: "REFUSED" })] })).toBe(0);
  expect(pointsSpent({ pointsTrail: [movement({}), movement({ kind: "RETURNED", state: "PENDING" })] })).toBe(400);
});

test.each([
  [["CONFIRMED"], "step.returned", "done"],
  [["REFUSED"], "step.notReturned", "not"],
  [["REFUSED", "CONFIRMED"], "step.partReturned", "part"],
  [["REFUSED", "PENDING"], "step.returning", "now"],
  [["UNCERTAIN", "PENDING"], "step.returning", "unsure"],
] as const)("with returns that are %j, the last step is %s, which is %s", (states, name, state) => {
  const returns = states.map((each) => movement({ kind: "RETURNED", state: each }));
  const steps = stepsOf({
    history: [],
    status: "CANCELLED",
    placedAt: "2026-11-01T10:00:00Z",
    pointsTrail: [movement({}), ...returns],
  });
  expect(steps.at(-1)).toMatchObject({ name, state });
});

test.each([
  ["IN", ["Noor", "1 Hill Street", "Pune 411001", "Maharashtra"]],
  ["DE", ["Noor", "1 Hill Street", "411001 Pune", "Maharashtra"]],
  ["US", ["Noor", "1 Hill Street", "Pune, Maharashtra 411001"]],
])("an address in %s is written in its country's order", (country, lines) => {
  const parts = { name: "Noor", line1: "1 Hill Street", city: "Pune", region: "Maharashtra", postalCode: "411001" };
  expect(addressLines(country, parts)).toEqual(lines);
});

test("the form has the postal code before the city if the country's addresses do", () => {
  expect(fieldOrder("DE")).toEqual(["name", "line1", "line2", "postalCode", "city", "region", "phone"]);
  expect(fieldOrder("IN")).toEqual(["name", "line1", "line2", "city", "postalCode", "region", "phone"]);
});

test("a statement is a CSV file in which no text becomes a formula", () => {
  const entry = { at: "2026-11-01T10:00:00.000Z", order: null, award: null };
  const order = { __typename: "Order" as const, id: "o", number: "ORD-1" };
  const award = { __typename: "RewardHistoryEntry" as const, id: "a", rule: '=cmd "x"' };
  const csv = statementCsv([
    { ...entry, kind: "SPENT", points: 300, order },
    { ...entry, kind: "EARNED", points: 75, award },
  ]);
  expect(csv).toBe(
    `\uFEFFat,kind,points,order,reason\r\n${entry.at},SPENT,-300,"ORD-1",""\r\n${entry.at},EARNED,75,"","'=cmd ""x"""\r\n`,
  );
});
