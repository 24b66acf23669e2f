import { readFileSync } from "node:fs";
import { buildSchema, GraphQLEnumType, GraphQLInterfaceType } from "graphql";

const sdl = readFileSync(new URL("../../docs/schema.graphql", import.meta.url), "utf8");
const BEGIN = "<!-- refusals: written by npm run storefront:docs from schema/ -->";
const END = "<!-- /refusals -->";

/** The page with the schema's current table of refusals. */
export function withRefusals(page: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`the page has no ${BEGIN} with its ${END}`);
  return `${before}${BEGIN}\n${refusalsTable()}\n${END}${after}`;
}

function refusalsTable(): string {
  const schema = buildSchema(sdl, { assumeValidSDL: true });
  const codes = schema.getType("UserErrorCode");
  const refusal = schema.getType("UserError");
  if (!(codes instanceof GraphQLEnumType) || !(refusal instanceof GraphQLInterfaceType)) {
    throw new Error("the schema has no UserErrorCode and UserError");
  }
  const common = Object.keys(refusal.getFields());
  const typed = schema.getPossibleTypes(refusal).filter(({ name }) => name !== "BasicUserError");
  const typeOf = (code: string) =>
    typed.find(({ name }) => name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase() === code);
  const rows = codes.getValues().map(({ name, description }) => {
    const type = typeOf(name);
    const facts = type ? Object.keys(type.getFields()).filter((field) => !common.includes(field)) : [];
    const words = description ?? type?.description;
    if (!words) throw new Error(`${name} has no description in schema/`);
    const shown = type ? `\`${type.name}\`: ${facts.map((field) => `\`${field}\``).join(", ")}` : "";
    return `| \`${name}\` | ${words.replaceAll("\n", " ").replaceAll("|", "\\|")} | ${shown} |`;
  });
  return ["| code | meaning | type with further facts |", "|---|---|---|", ...rows].join("\n");
}
