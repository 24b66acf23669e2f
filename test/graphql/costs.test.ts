import {
  getNamedType,
  getNullableType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  parse,
  validate,
} from "graphql";
import { describe, expect, test } from "vitest";
import { costOf } from "../../src/graphql/limits.ts";
import { buildSchema } from "../../src/graphql/schema.ts";

const schema = buildSchema([]);
const types = Object.values(schema.getTypeMap())
  .filter((type) => isObjectType(type) || isInterfaceType(type))
  .filter(({ name }) => !name.startsWith("__"));
const fields = types.flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })));

describe("every list of objects", () => {
  const lists = fields.filter(
    ({ field }) => isListType(getNullableType(field.type)) && !isLeafType(getNamedType(field.type)),
  );

  /** A page's lists are as long as the page; a refusal has few reasons. */
  const isSizedElsewhere = (type: string, field: string) =>
    (type.endsWith("Connection") && (field === "edges" || field === "nodes")) || field === "userErrors";

  test.each(lists.map(({ type, field }) => [`${type.name}.${field.name}`, type, field] as const))(
    "has a size for its cost: %s",
    (_, type, field) => {
      if (isSizedElsewhere(type.name, field.name)) return;
      const isPage = field.args.some(({ name }) => ["first", "ids", "representations"].includes(name));
      const hasSize = field.astNode?.directives?.some(({ name }) => name.value === "listSize");
      expect(isPage || hasSize).toBe(true);
    },
  );

  test("of a connection belongs to a field with pages", () => {
    const connections = fields.filter(({ field }) => getNamedType(field.type).name.endsWith("Connection"));
    expect(connections.length).toBeGreaterThan(3);
    for (const { field } of connections) expect(field.args.map(({ name }) => name)).toContain("first");
  });
});

/** The cost of a query, or the refusal's text. */
function cost(query: string): number | string {
  const document = parse(query);
  expect(validate(schema, document)).toEqual([]);
  const found = costOf({ schema, document });
  return typeof found === "number" ? found : found.message;
}

test("a list without pages costs by its size in the schema", () => {
  expect(cost("{ rewardCategories { name } }")).toBe(1 + 20);
  expect(cost("{ me { orders(first: 10) { nodes { lines { id name } } } } }")).toBe(1 + 1 + 10 * (1 + 1 + 3 * 2));
});

test("fields that call another system cost more than others", () => {
  expect(cost("{ me { wallet { balance } } }")).toBe(1 + 10 + 1);
  expect(cost("{ me { groupWallets { members { name } } } }")).toBe(1 + 10 + 5 * (20 + 10));
});

test("orders within the history of orders cost too much", () => {
  const query =
    "{ me { orders(first: 100) { nodes { a: cancellable history { order { b: cancellable history { order { c: cancellable } } } } } } } }";
  expect(cost(query)).toMatch(/^This asks for too much at once/);
});
