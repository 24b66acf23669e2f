import { makeExecutableSchema } from "@graphql-tools/schema";
import fc from "fast-check";
import { type ExecutionResult, execute, getOperationAST, type OperationDefinitionNode, parse, validate } from "graphql";
import { expect, test } from "vitest";
import { makeCompiledQueries } from "../../src/graphql/compiled.ts";
import type { Context } from "../../src/graphql/context.ts";
import { PublicError } from "../../src/graphql/errors.ts";

const schema = makeExecutableSchema({
  typeDefs: `
    interface Named { name: String! id: ID! }
    type Cat implements Named { name: String! id: ID! lives: Int owner: Person strict: Cat! kittens(first: Int = 2): [Cat!]! }
    type Person implements Named { name: String! id: ID! cats: [Cat] pets: [Pet!] fails: String late: String! strict: Cat! }
    union Pet = Cat | Person
    enum Size { SMALL LARGE }
    scalar Points
    input Filter { size: Size = SMALL min: Points, tags: [String!] }
    type Query { me: Person named(size: Size): Named pets: [Pet] cat(filter: Filter, id: ID = "c"): Cat must: Person! points(at: Points): Points }
  `,
  resolvers: {
    Named: { __resolveType: ({ type }: { type: string }) => type },
    Pet: { __resolveType: ({ type }: { type: string }) => type },
    Cat: {
      kittens: (_: unknown, { first }: { first: number }) =>
        Array.from({ length: Math.min(first, 3) }, (_, n) =>
          n === 2 ? Promise.resolve(null) : { type: "Cat", name: `kitten ${n}`, id: String(n) },
        ),
      lives: () => "nine",
      owner: () => Promise.reject(new PublicError("FORBIDDEN", "Not yours.")),
      strict: () => null,
    },
    Person: {
      cats: async () => [
        { type: "Cat", name: "Tom", id: "1" },
        null,
        new Error("no such cat"),
        Promise.resolve({ type: "Cat", name: null, id: "2" }),
      ],
      pets: () => [
        { type: "Cat", name: "Tom", id: "1" },
        { type: "Person", name: "Ann", id: "a" },
      ],
      fails: () => {
        throw new Error("a secret of the database");
      },
      late: async () => {
        await new Promise(setImmediate);
        throw new PublicError("BAD_USER_INPUT", "too late");
      },
      strict: async () => ({ type: "Cat", name: "Kit", id: "3" }),
    },
    Query: {
      me: () => ({ type: "Person", name: "Ann", id: "a" }),
      must: () => null,
      named: (_: unknown, { size }: { size?: string }) => ({
        type: size === "LARGE" ? "Person" : "Cat",
        name: size ?? "none",
        id: "4",
      }),
      pets: async () => [
        { type: "Person", name: "Bo", id: "b" },
        { type: "Cat", name: "Tom", id: "1" },
      ],
      cat: (_: unknown, args: object) => ({
        type: "Cat",
        name: JSON.stringify(args, Object.keys({ filter: 0, id: 0, max: 0, min: 0, size: 0, tags: 0 })),
        id: "5",
      }),
      points: (_: unknown, { at }: { at?: number }) => at ?? 1.5,
    },
  },
});

type Rng = <T>(choices: readonly T[]) => T;
const fields: Record<string, Record<string, string | null>> = {
  Query: { me: "Person", named: "Named", pets: "Pet", cat: "Cat", must: "Person", points: null },
  Named: { name: null, id: null },
  Cat: { name: null, id: null, lives: null, owner: "Person", strict: "Cat", kittens: "Cat" },
  Person: { name: null, id: null, cats: "Cat", pets: "Pet", fails: null, late: null, strict: "Cat" },
  Pet: {},
};
const narrower: Record<string, string[]> = {
  Named: ["Named", "Cat", "Person"],
  Pet: ["Cat", "Person", "Named"],
  Cat: ["Cat", "Named"],
  Person: ["Person", "Named"],
  Query: ["Query"],
};
const argsOf: Record<string, string[]> = {
  named: ["", "(size: LARGE)", "(size: $size)"],
  cat: ["", '(id: "x")', "(filter: { min: 3, tags: $tags })", "(filter: $filter)"],
  kittens: ["", "(first: 3)", "(first: $first)"],
  points: ["", "(at: 2)"],
};

function selections(type: string, depth: number, one: Rng): string {
  const names = Object.keys(fields[type] ?? {});
  const parts = Array.from({ length: one([1, 2, 3, 4]) }, () => {
    if (names.length === 0 || one([0, 0, 0, 1]) === 1) {
      const on = one(narrower[type] ?? [type]);
      const spread = one([0, 1, 2]) === 0 && on === "Cat" ? `...Cat` : null;
      return spread ?? `... on ${on} { ${depth > 0 ? selections(on, depth - 1, one) : "__typename"} }`;
    }
    const name = one(names);
    const inner = fields[type]?.[name];
    if (inner && depth === 0) return "__typename";
    const alias = one(["", "", "", "a: ", "b: "]);
    return `${alias}${name}${one(argsOf[name] ?? [""])}${inner ? ` { ${selections(inner, depth - 1, one)} }` : ""}`;
  });
  return parts.join(" ");
}
const fragment = "fragment Cat on Cat { id name kittens { id name } }";
const head = "query It($size: Size, $tags: [String!], $filter: Filter, $first: Int)";

const queries = makeCompiledQueries(schema, { at: 1 });

/** The answer of each path; null if the compiled path delegates the operation to the other. */
async function both(text: string, variables: Record<string, unknown>) {
  const document = parse(text);
  const plain = (await execute({ schema, document, variableValues: variables, contextValue: {} })) as ExecutionResult;
  const query = queries.count(text, "It", document, getOperationAST(document) as OperationDefinitionNode);
  const data = await query?.run(variables, {} as Context);
  return { plain, compiled: data ? { data } : null };
}

test("a compiled query answers the same to the byte, and delegates errors to the other path", async () => {
  const seen = { answered: 0, left: 0 };
  const choices = fc.array(fc.nat({ max: 1_000 }), { minLength: 50, maxLength: 400 });
  await fc.assert(
    fc.asyncProperty(choices, async (picks) => {
      let at = 0;
      const one: Rng = (among) => among[(picks[at++ % picks.length] ?? 0) % among.length] as never;
      const body = selections("Query", 3, one);
      const text = `${head} { ${body} } ${body.includes("...Cat") ? fragment : ""}`;
      const problems = validate(schema, parse(text)).filter(({ message }) => !message.includes("never used"));
      fc.pre(problems.length === 0);
      const variables = { size: "LARGE", tags: ["a"], filter: { min: 1 }, first: 3 };
      const { plain, compiled } = await both(text, variables);
      seen[plain.errors ? "left" : "answered"] += 1;
      expect(JSON.stringify(compiled), text).toBe(JSON.stringify(plain.errors ? null : plain));
    }),
    { numRuns: 150 },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(10);
});

test.each([
  ["a variable of another type", `query It($size: Size) { named(size: $size) { id } }`, { size: "HUGE" }],
  ["a variable that is missing", `query It($yes: Boolean!) { me { id @skip(if: $yes) } }`, {}],
  ["a condition in a fragment", `query It { me { ...F } } fragment F on Person { id @include(if: true) }`, {}],
  ["a question about the schema", "query It { __schema { queryType { name } } }", {}],
])("%s takes the other path", async (_, text, variables) => {
  expect((await both(text, variables)).compiled).toBeNull();
});

/** A schema whose resolvers return this value everywhere. */
const schemaOf = (value: unknown) => {
  const it = { text: value, id: value, int: value, float: value, bool: value, size: value, points: value };
  return makeExecutableSchema({
    typeDefs: `
      enum Size { SMALL LARGE }
      scalar Points
      interface Held { text: String id: ID int: Int float: Float bool: Boolean size: Size points: Points }
      type Box implements Held { text: String id: ID int: Int float: Float bool: Boolean size: Size points: Points boxes: [[Held]!] }
      union Any = Box
      type Query { box: Box any: Any held: Held }
    `,
    resolvers: {
      Held: { __resolveType: () => "Box" },
      Any: { __resolveType: () => "Box" },
      Box: { boxes: () => [[it, null]] },
      Query: { box: () => it, any: () => it, held: () => it },
    },
  });
};
const converted: [value: unknown, fields: string[]][] = [
  ["text", ["int", "float", "bool", "size"]],
  [7, ["text", "id", "bool", "size"]],
  [1.5, ["text", "id", "int", "bool", "size"]],
  [2 ** 31, ["text", "id", "int", "bool", "size"]],
  [Number.NaN, ["text", "id", "int", "float", "bool", "size"]],
  [10n, ["text", "id", "int", "float", "bool", "size"]],
  [true, ["text", "id", "int", "float", "size"]],
  [new Date(0), ["text", "id", "int", "float", "bool", "size"]],
  ["SMALL", ["int", "float", "bool"]],
  [null, []],
];
const places: [place: string, query: (field: string) => string][] = [
  ["an object", (field) => `query It { box { ${field} } }`],
  ["an alias", (field) => `query It { box { a: ${field} } }`],
  ["nested lists", (field) => `query It { box { boxes { ${field} } } }`],
  ["a union's inline fragment", (field) => `query It { any { __typename ... on Box { ${field} } } }`],
  ["an interface", (field) => `query It { held { ${field} } }`],
  ["a fragment", (field) => `query It { held { ...F } } fragment F on Box { boxes { ... { ${field} } } }`],
];

test.each(places)("a value that graphql-js would convert or refuse takes the other path, in %s", async (_, query) => {
  for (const [value, fields] of converted) {
    const compiled = makeCompiledQueries(schemaOf(value), { at: 1 });
    for (const field of ["text", "id", "int", "float", "bool", "size"]) {
      const document = parse(query(field));
      const made = compiled.count(field, "It", document, getOperationAST(document) as OperationDefinitionNode);
      const data = await made?.run({}, {} as Context);
      const plain = await execute({ schema: schemaOf(value), document, contextValue: {} });
      const isConverted = fields.includes(field);
      expect([String(value), field, data === null]).toEqual([String(value), field, isConverted]);
      if (!isConverted) expect(JSON.stringify({ data })).toBe(JSON.stringify(plain));
    }
  }
});
