import { describe, expect, test } from "vitest";
import { ADDRESS_COUNTRIES } from "../../microsite/src/checkout/countries.ts";
import { readAddress } from "../../src/order/address.ts";
import { COUNTRIES } from "../../src/order/countries.ts";
import { assertMove, checkOrderStatuses, nextStatuses } from "../../src/order/order-status.ts";
import { pointsStateOf } from "../../src/order/points-state.ts";
import { statusOfUnits } from "../../src/order/unit-states.ts";
import type { MovementKind, MovementState, UnitState } from "../../src/platform/generated/prisma/enums.ts";

describe("the table of order statuses", () => {
  test("is valid at start", () => {
    expect(() => checkOrderStatuses()).not.toThrow();
  });
  test.each([
    ["a status that cannot be reached", { ...nextStatuses, LOST: [] }, "cannot be reached: LOST"],
    ["a status that is not in it", { ...nextStatuses, FAILED: ["GONE"] }, "GONE is not in the table"],
    ["a circle", { ...nextStatuses, REVERSED: ["PENDING"] }, "run in a circle"],
  ])("is refused with %s", (_, table, problem) => {
    expect(() => checkOrderStatuses(table)).toThrow(problem);
  });
  test("has no transition out of FAILED, CANCELLED and REVERSED", () => {
    expect([nextStatuses.FAILED, nextStatuses.CANCELLED, nextStatuses.REVERSED]).toEqual([[], [], []]);
    expect(() => assertMove("FAILED", "FULFILLED")).toThrow("from FAILED to FULFILLED");
  });
});

describe("the status of units", () => {
  test.each<[UnitState[], boolean, string]>([
    [["PENDING", "PENDING"], false, "PENDING"],
    [["PENDING"], true, "PROCESSING"],
    [["FULFILLED", "PREPARING"], true, "PROCESSING"],
    [["FULFILLED", "FULFILLED"], true, "FULFILLED"],
    [["FULFILLED", "FAILED"], true, "PARTIALLY_FULFILLED"],
    [["FULFILLED", "REVERSED"], true, "PARTIALLY_FULFILLED"],
    [["FAILED", "FAILED"], true, "FAILED"],
    [["FAILED"], false, "FAILED"],
    [["CANCELLED", "FAILED"], true, "CANCELLED"],
    [["CANCELLED", "CANCELLED"], false, "CANCELLED"],
    [["REVERSED", "FAILED"], true, "REVERSED"],
  ])("of %j with points taken %j is %s", (states, arePointsTaken, status) => {
    expect(statusOfUnits(states, arePointsTaken)).toBe(status);
  });
});

describe("the state of an order's points", () => {
  const movement = (kind: MovementKind, state: MovementState, points = 100, sentAt: Date | null = new Date()) => ({
    kind,
    state,
    points,
    sentAt,
  });
  test.each([
    ["NOT_TAKEN", []],
    ["NOT_TAKEN", [movement("TAKEN", "PENDING", 100, null)]],
    ["TAKING", [movement("TAKEN", "PENDING")]],
    ["UNCERTAIN", [movement("TAKEN", "UNCERTAIN")]],
    ["NOT_TAKEN", [movement("TAKEN", "REFUSED")]],
    ["NEEDS_ATTENTION", [movement("TAKEN", "NEEDS_ATTENTION")]],
    ["TAKEN", [movement("TAKEN", "CONFIRMED")]],
    ["RETURNING", [movement("TAKEN", "CONFIRMED"), movement("RETURNED", "PENDING", 40)]],
    ["UNCERTAIN", [movement("TAKEN", "CONFIRMED"), movement("RETURNED", "UNCERTAIN", 40)]],
    ["PARTIALLY_RETURNED", [movement("TAKEN", "CONFIRMED"), movement("RETURNED", "CONFIRMED", 40)]],
    [
      "RETURNED",
      [movement("TAKEN", "CONFIRMED"), movement("RETURNED", "CONFIRMED", 40), movement("RETURNED", "CONFIRMED", 60)],
    ],
    [
      "RETURNING",
      [movement("TAKEN", "CONFIRMED"), movement("RETURNED", "CONFIRMED", 40), movement("RETURNED", "PENDING", 60)],
    ],
    [
      "PARTIALLY_RETURNED",
      [movement("TAKEN", "CONFIRMED"), movement("RETURNED", "REFUSED", 60), movement("RETURNED", "CONFIRMED", 40)],
    ],
    [
      "NEEDS_ATTENTION",
      [
        movement("TAKEN", "CONFIRMED"),
        movement("RETURNED", "NEEDS_ATTENTION", 40),
        movement("RETURNED", "PENDING", 60),
      ],
    ],
  ] as const)("is %s", (state, movements) => {
    expect(pointsStateOf(movements)).toBe(state);
  });
});

describe("a shipping address", () => {
  const good = { name: "Asha Rao", line1: "12 Lake Road", city: "Pune", postalCode: "411001", country: "IN" };
  test("is trimmed, and empty fields become null", () => {
    expect(readAddress({ ...good, name: "  Asha Rao ", line2: "  ", phone: null })).toEqual({
      address: { ...good, line2: null, region: null, phone: null },
    });
  });
  test.each([
    ["country", { country: "IND" }],
    ["country", { country: "ZQ" }],
    ["city", { city: "   " }],
    ["phone", { phone: "call me" }],
    ["line1", { line1: "x".repeat(201) }],
    ["line1", { line1: "12 Lake Road\nPune" }],
    ["name", { name: "\u200b\u200e" }],
    ["name", { name: "\u3164" }],
    ["city", { city: "\u2800" }],
    ["phone", { phone: "123" }],
    ["phone", { phone: "98765 43210 or so" }],
    ["phone", { phone: "1".repeat(30) }],
  ])("is refused with the field %s if that is invalid", (field, change) => {
    const answer = readAddress({ ...good, ...change });
    expect(answer).toMatchObject({ refusals: [{ code: "INVALID_INPUT", field: ["input", "shippingAddress", field] }] });
  });

  test.each([
    ["UK", "GB may be meant"],
    ["el", "GR may be meant"],
    ["in", "IN may be meant"],
    ["EU", "such as IN"],
    ["ZZ", "such as IN"],
    ["AN", "such as IN"],
    ["XK", "such as IN"],
    ["AC", "such as IN"],
    ["ＩＮ", "such as IN"],
    ["", "such as IN"],
  ])("has a country of ISO 3166-1, and %j is refused", (country, words) => {
    expect(readAddress({ ...good, country })).toMatchObject({
      refusals: [{ field: ["input", "shippingAddress", "country"], message: expect.stringContaining(words) }],
    });
  });

  test("accepts each of the 249 countries, and the page offers no other", () => {
    expect(new Set(COUNTRIES).size).toBe(249);
    for (const country of COUNTRIES) expect(readAddress({ ...good, country })).toHaveProperty("address");
    expect(ADDRESS_COUNTRIES.filter((code) => !COUNTRIES.includes(code))).toEqual([]);
    expect(ADDRESS_COUNTRIES.length).toBeGreaterThan(240);
  });

  test.each([
    ["IN", "98765 43210", "+91 98765 43210"],
    ["IN", "098765-43210", "+91 98765 43210"],
    ["IN", "\u202a+91 98765\u00a043210\u202c", "+91 98765 43210"],
    ["IN", "९८७६५ ४३२१०", "+91 98765 43210"],
    ["US", "(201) 555-0123 x42", "+1 201 555 0123 ext. 42"],
    ["IN", "+62 812-3456-7890", "+62 812 3456 7890"],
  ])("accepts a phone number as customers paste it: %s %j", (country, phone, read) => {
    expect(readAddress({ ...good, country, phone })).toMatchObject({ address: { phone: read } });
  });
});
