interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  description?: string;
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  oneOf?: Schema[];
  examples?: unknown[];
}
interface Operation {
  summary: string;
  description?: string;
  parameters?: { name: string; in: string; required?: boolean; description?: string; $ref?: string }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { $ref?: string; description?: string; content?: Record<string, { schema: Schema }> }>;
}
/** Parts of an OpenAPI document that its page shows. */
export interface OpenApi {
  info: { title: string; version: string; summary?: string; description?: string };
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas?: Record<string, Schema>;
    responses?: Record<string, { description?: string }>;
    parameters?: Record<string, { name: string; in: string; required?: boolean; description?: string }>;
  };
}

const methods = ["get", "post", "put", "patch", "delete"];
const cell = (text: unknown) =>
  String(text ?? "")
    .trim()
    .replaceAll("\n", " ")
    .replaceAll("|", "\\|");
const nameOf = (ref: string) => ref.split("/").at(-1) ?? ref;

/** Describes a value's type in Markdown, with a link to the referenced schema. */
function typeOf(schema: Schema | undefined): string {
  if (!schema) return "";
  if (schema.$ref) return `[${nameOf(schema.$ref)}](#${nameOf(schema.$ref).toLowerCase()})`;
  if (schema.oneOf) return schema.oneOf.map(typeOf).join(" or ");
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  return [schema.type ?? "any"].flat().join(" or ");
}

function schemaSection([name, schema]: [string, Schema]): string[] {
  const rows = Object.entries(schema.properties ?? {}).map(
    ([property, each]) =>
      `| \`${property}\` | ${cell(typeOf(each))} | ${schema.required?.includes(property) ? "yes" : ""} | ${cell(each.description)} |`,
  );
  const table = rows.length > 0 ? ["| field | type | required | |", "|---|---|---|---|", ...rows] : [typeOf(schema)];
  const examples = (schema.examples ?? []).flatMap((example) => ["```json", JSON.stringify(example, null, 2), "```"]);
  return [`### ${name}`, "", schema.description ?? "", "", ...table, "", ...examples, ""];
}

function operationSection(path: string, method: string, operation: Operation, { components }: OpenApi): string[] {
  const parameters = (operation.parameters ?? []).map((parameter) =>
    parameter.$ref ? { ...parameter, ...components.parameters?.[nameOf(parameter.$ref)] } : parameter,
  );
  const [body] = Object.values(operation.requestBody?.content ?? {});
  const responses = Object.entries(operation.responses).map(([status, response]) => {
    const { description } = response.$ref ? (components.responses?.[nameOf(response.$ref)] ?? {}) : response;
    const [content] = Object.values(response.content ?? {});
    return `| ${status} | ${cell(description)} | ${cell(typeOf(content?.schema))} |`;
  });
  return [
    `## ${method.toUpperCase()} ${path}`,
    "",
    operation.summary,
    "",
    operation.description ?? "",
    "",
    ...(parameters.length > 0
      ? [
          "| parameter | in | required | |",
          "|---|---|---|---|",
          ...parameters.map(
            (each) => `| \`${each.name}\` | ${each.in} | ${each.required ? "yes" : ""} | ${cell(each.description)} |`,
          ),
          "",
        ]
      : []),
    ...(body ? [`Body: ${typeOf(body.schema)}`, ""] : []),
    "| status | meaning | body |",
    "|---|---|---|",
    ...responses,
    "",
  ];
}

/** @returns the document as Markdown: the operations, then the schemas that they reference */
export function openapiPage(document: OpenApi, file: string): string {
  const { info, paths, components } = document;
  return [
    `# ${info.title} ${info.version}`,
    "",
    info.description ?? info.summary ?? "",
    "",
    `The OpenAPI document: [${file}](/docs/openapi/${file})`,
    "",
    ...Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations)
        .filter(([method]) => methods.includes(method))
        .flatMap(([method, operation]) => operationSection(path, method, operation, document)),
    ),
    "## Schemas",
    "",
    ...Object.entries(components.schemas ?? {}).flatMap(schemaSection),
  ].join("\n");
}
