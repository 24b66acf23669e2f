import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from "graphql";

/** A scalar with the same check for variables and literals. */
function scalar<Internal, External>(options: {
  name: string;
  parse(value: unknown): Internal | undefined;
  serialize(value: unknown): External | undefined;
  expected: string;
}) {
  const { name, expected } = options;
  const orThrow = <T>(value: T | undefined, found: unknown): T => {
    if (value !== undefined) return value;
    throw new GraphQLError(`${name} must be ${expected}, found ${JSON.stringify(found) ?? typeof found}`);
  };
  return new GraphQLScalarType<Internal, External>({
    name,
    serialize: (value) => orThrow(options.serialize(value), value),
    parseValue: (value) => orThrow(options.parse(value), value),
    parseLiteral: (node) => orThrow(options.parse(literalOf(node)), literalOf(node)),
  });
}

function literalOf(node: ValueNode): unknown {
  if (node.kind === Kind.INT || node.kind === Kind.FLOAT) return Number(node.value);
  return "value" in node ? node.value : undefined;
}

const wholePoints = (value: unknown) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;

// RFC 3339 requires a zone. `Date` would also accept local times and bare days.
const rfc3339 = /^\d{4}-\d\d-\d\d[Tt]([01]\d|2[0-3]):\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
const day = /^\d{4}-\d\d-\d\d$/;

function instantOf(value: unknown): Date | undefined {
  if (typeof value !== "string" || !rfc3339.test(value)) return undefined;
  const instant = new Date(value.toUpperCase());
  const year = instant.getUTCFullYear(); // a year of four digits in UTC, within the database's range
  return year >= 1 && year <= 9_999 && isDay(value.slice(0, 10)) ? instant : undefined;
}

/** Rejects 30 February, which `Date` would move into March. */
function isDay(value: string): boolean {
  const parsed = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().slice(0, 10) === value;
}

export const Points = scalar({
  name: "Points",
  parse: wholePoints,
  serialize: wholePoints,
  expected: `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
});

export const DateTime = scalar({
  name: "DateTime",
  parse: instantOf,
  serialize: (value) => (value instanceof Date ? value.toISOString() : undefined),
  expected: "an RFC 3339 date and time with a zone, such as 2026-11-22T08:30:00Z",
});

export const CalendarDate = scalar({
  name: "Date",
  parse: (value) => (typeof value === "string" && day.test(value) && isDay(value) ? value : undefined),
  serialize: (value) => (typeof value === "string" && day.test(value) ? value : undefined),
  expected: "a date such as 2027-03-31",
});
