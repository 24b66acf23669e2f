import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ASTNode,
  type InputValueDefinitionNode,
  type NameNode,
  parse,
  type StringValueNode,
  visit,
} from "graphql";
import { expect, test } from "vitest";

const folder = join(import.meta.dirname, "../../schema");
const documents = readdirSync(folder).map((file) => parse(readFileSync(join(folder, file), "utf8")));

/** Beginnings that leave the noun open. */
const VAGUE = /(^|[.?!]\s+)(What|Whatever|Who|Whoever|Whose|Whom|One|Of|There|Those|Nothing)\s/;

interface Described {
  name: NameNode;
  description?: StringValueNode | undefined;
}

/** Each type, field, argument, enum value and directive, by its path, with its description. */
function* definitions(): Generator<[path: string, description: string | undefined]> {
  for (const document of documents) {
    const found: [string, string | undefined][] = [];
    const enter = (node: Described & ASTNode, _: unknown, __: unknown, ___: unknown, above: readonly unknown[]) => {
      if (isInput(node)) return;
      const names = [...above, node].flatMap((each) => nameOf(each) ?? []);
      found.push([names.join("."), node.description?.value]);
    };
    visit(document, {
      ObjectTypeDefinition: enter,
      InterfaceTypeDefinition: enter,
      UnionTypeDefinition: enter,
      InputObjectTypeDefinition: enter,
      EnumTypeDefinition: enter,
      ScalarTypeDefinition: enter,
      DirectiveDefinition: enter,
      FieldDefinition: enter,
      InputValueDefinition: enter,
      EnumValueDefinition: enter,
    });
    yield* found;
  }
}

const nameOf = (node: unknown): string | undefined =>
  typeof node === "object" && node !== null && "name" in node ? (node as Described).name?.value : undefined;

/** The only argument of a mutation: its type has the description. */
const isInput = (node: ASTNode): boolean =>
  node.kind === "InputValueDefinition" && node.name.value === "input" && typeNameOf(node).endsWith("Input");

function typeNameOf({ type }: InputValueDefinitionNode): string {
  const inner = type.kind === "NonNullType" ? type.type : type;
  return inner.kind === "NamedType" ? inner.name.value : "";
}

test("every type, field, argument and enum value of the schema has a description", () => {
  const all = [...definitions()];
  expect(all.length).toBeGreaterThan(1_500);
  expect(all.filter(([, description]) => !description?.trim()).map(([path]) => path)).toEqual([]);
});

test("no sentence of a description begins with a word that leaves the noun open", () => {
  const vague = [...definitions()].filter(([, description]) => VAGUE.test(description ?? ""));
  expect(vague.map(([path, description]) => `${path}: ${description}`)).toEqual([]);
});
