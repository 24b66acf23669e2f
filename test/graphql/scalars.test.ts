import { type GraphQLScalarType, parseValue } from "graphql";
import { describe, expect, test } from "vitest";
import { CalendarDate, DateTime, Points } from "../../src/graphql/scalars.ts";

/** The same value as a variable and as a literal of a document. */
function bothWays(scalar: GraphQLScalarType, value: unknown): unknown[] {
  return [
    () => scalar.parseValue(value),
    () => scalar.parseLiteral(parseValue(JSON.stringify(value).replace(/^\{.*\}$/, "{ a: 1 }")), {}),
  ].map((parse) => {
    try {
      return parse();
    } catch (error) {
      return (error as Error).message;
    }
  });
}
const accepts = (scalar: GraphQLScalarType, value: unknown, as: unknown) =>
  expect(bothWays(scalar, value)).toEqual([as, as]);
function refuses(scalar: GraphQLScalarType, value: unknown, expected: string) {
  for (const message of bothWays(scalar, value)) expect(message).toContain(`${scalar.name} must be ${expected}, found`);
}

describe("Points", () => {
  const expected = "a whole number from 0 to 9007199254740991";
  test.each([0, 1, 2_500, 2 ** 53 - 1])("are %d", (value) => {
    accepts(Points, value, value);
    expect(Points.serialize(value)).toBe(value);
  });
  test.each([-1, -0.5, 0.5, 2 ** 53, 1e300, "1", "", true, null, [1], { a: 1 }])("are not %j", (value) => {
    refuses(Points, value, expected);
    expect(() => Points.serialize(value)).toThrow(expected);
  });
  test.each([Number.NaN, Number.POSITIVE_INFINITY, undefined])("are not %s", (value) => {
    expect(() => Points.parseValue(value)).toThrow(expected);
    expect(() => Points.serialize(value)).toThrow(expected);
  });
  test("may be written as a whole number with a fraction of zero, as JSON and GraphQL have it", () => {
    expect(Points.parseLiteral(parseValue("5.0"), {})).toBe(5);
    expect(Points.parseValue(JSON.parse("5.0"))).toBe(5);
  });
});

describe("DateTime", () => {
  const expected = "an RFC 3339 date and time with a zone, such as 2026-11-22T08:30:00Z";
  test.each([
    ["2026-11-22T08:30:00Z", "2026-11-22T08:30:00.000Z"],
    ["2026-11-22t08:30:00z", "2026-11-22T08:30:00.000Z"],
    ["2026-11-22T14:00:00+05:30", "2026-11-22T08:30:00.000Z"],
    ["2026-11-22T00:00:00-12:00", "2026-11-22T12:00:00.000Z"],
    ["2026-11-22T08:30:00.5Z", "2026-11-22T08:30:00.500Z"],
    ["2026-11-22T08:30:00.123456789Z", "2026-11-22T08:30:00.123Z"],
    ["2028-02-29T00:00:00Z", "2028-02-29T00:00:00.000Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
    ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
  ])("of %s is %s", (text, instant) => {
    accepts(DateTime, text, new Date(instant));
    expect(DateTime.serialize(DateTime.parseValue(text))).toBe(instant);
  });
  test.each([
    "2026-11-22",
    "2026-11-22T08:30:00",
    "2026-11-22 08:30:00Z",
    "2026-11-22T08:30Z",
    "2026-02-30T00:00:00Z",
    "2027-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-10T00:00:00Z",
    "2026-11-22T24:00:00Z",
    "2026-11-22T25:00:00Z",
    "2026-11-22T08:60:00Z",
    "2026-11-22T08:30:60Z",
    "2026-11-22T08:30:00+0530",
    "2026-11-22T08:30:00+25:00",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "12026-11-22T08:30:00Z",
    "now",
    "",
    0,
    1_790_000_000_000,
    null,
    true,
    { a: 1 },
  ])("is not %j", (value) => refuses(DateTime, value, expected));
  test("serializes valid dates only", () => {
    for (const value of ["2026-11-22T08:30:00Z", 0, null]) expect(() => DateTime.serialize(value)).toThrow(expected);
  });
});

describe("Date", () => {
  const expected = "a date such as 2027-03-31";
  test.each(["2027-03-31", "2028-02-29", "2026-01-01"])("is %s", (value) => {
    accepts(CalendarDate, value, value);
    expect(CalendarDate.serialize(value)).toBe(value);
  });
  test.each([
    "2027-02-29",
    "2026-02-30",
    "2026-13-01",
    "2026-00-01",
    "2026-1-1",
    "31.03.2027",
    "2027-03-31T00:00:00Z",
    "",
    20270331,
    null,
  ])("is not %j", (value) => refuses(CalendarDate, value, expected));
});
