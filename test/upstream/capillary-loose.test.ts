import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  boolean,
  date,
  embedded,
  freeFields,
  id,
  maybe,
  number,
  rows,
  text,
} from "../../src/upstream/capillary/wire/loose.ts";

test.each([
  ["2026-01-02 03:04:05", "2026-01-02T03:04:05.000Z"],
  ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"],
  ["2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z"],
  ["2026-01-02T03:04:05+05:30", "2026-01-01T21:34:05.000Z"],
  ["2026-01-02T03:04:05-0800", "2026-01-02T11:04:05.000Z"],
  ["2026-01-02T03:04Z", "2026-01-02T03:04:00.000Z"],
  ["2026-01-02", "2026-01-02T00:00:00.000Z"],
  [1_767_323_045_000, "2026-01-02T03:04:05.000Z"],
  ["1767323045000", "2026-01-02T03:04:05.000Z"],
])("%j is the date %s", (written, meant) => {
  expect(date.parse(written).toISOString()).toBe(meant);
});
test.each(["soon", "", "2026-13-01", "02/01/2026", true])("%j is no date", (written) => {
  expect(date.safeParse(written).success).toBe(false);
});

test.each([
  [1, 1],
  ["1", 1],
  [" 10.125 ", 10.125],
  ["5.6E9", 5_600_000_000],
  ["-3", -3],
  [5e-3, 0.005],
])("%j is the number %d", (written, meant) => {
  expect(number.parse(written)).toBe(meant);
});
test.each(["", "1,000", "0x10", "NaN", "1e999", null, true, {}])("%j is no number", (written) => {
  expect(number.safeParse(written).success).toBe(false);
});

test.each([
  [31059, "31059"],
  ["381751178", "381751178"],
  [" 7 ", "7"],
  ["9223372036854775807", "9223372036854775807"],
])("%j is the id %s", (written, meant) => {
  expect(id.parse(written)).toBe(meant);
});
test.each(["", "  ", 1.5, 2 ** 53, null, {}])("%j is no id", (written) => {
  expect(id.safeParse(written).success).toBe(false);
});

test.each([
  [true, true],
  ["true", true],
  [" TRUE ", true],
  [1, true],
  ["0", false],
  ["false", false],
])("%j is %s", (written, meant) => {
  expect(boolean.parse(written)).toBe(meant);
});
test.each(["", "yes", 2, null])("%j is neither true nor false", (written) => {
  expect(boolean.safeParse(written).success).toBe(false);
});

describe("a missing value is recognised", () => {
  const shape = z.object({ one: maybe(number), many: rows(z.object({ id })), fields: freeFields, text: maybe(text) });
  const none = { one: null, many: [], fields: {}, text: null };
  test.each([null, "", " ", [], {}, undefined])("as %j", (nothing) => {
    expect(shape.parse({ one: nothing, many: nothing, fields: nothing, text: nothing })).toEqual(none);
  });
  test("if it is left out", () => expect(shape.parse({})).toEqual(none));
});

test("an unreadable descriptive field is omitted, and its siblings stay", () => {
  const shape = z.object({ one: maybe(number), many: rows(z.object({ id })) });
  expect(shape.parse({ one: "many", many: [{ id: 1 }, { id: null }, "x", { id: "2", more: 1 }] })).toEqual({
    one: null,
    many: [{ id: "1" }, { id: "2" }],
  });
  expect(shape.parse({ many: { id: 1 } }).many).toEqual([{ id: "1" }]);
});

test("an object may be JSON in a string", () => {
  expect(embedded.parse('{"pointsRedeemed":"500"}')).toEqual({ pointsRedeemed: "500" });
  for (const other of ["{", "[1]", "1", 1, null, [1]]) expect(embedded.parse(other)).toEqual({});
  expect(freeFields.parse({ size: "L", count: 2, none: null, deep: { a: 1 } })).toEqual({ size: "L", count: "2" });
});
