import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { parse } from "yaml";

interface Described {
  operationId: string;
  responses: Record<string, { $ref?: string }>;
}

/** The parts of an OpenAPI document that tests read. */
interface Document {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, { examples?: unknown[] }> };
}

interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** Opens a document of `docs/openapi` to validate values and answers. */
export function openDocument(file: string) {
  const text = readFileSync(new URL(`../../../docs/openapi/${file}`, import.meta.url), "utf8");
  const document: Document = parse(text);
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  addFormats.default(ajv);
  ajv.addSchema(document, "openapi");

  function mistakesIn(value: unknown, pointer: string): string[] {
    const validate = ajv.getSchema(`openapi#${pointer}`);
    if (!validate) return [`the document has no ${pointer}`];
    validate(value);
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }

  return {
    document,
    mistakesIn,
    /** The document's objections to this answer of an operation. */
    mistakesInAnswer: (method: string, path: string, { status, headers, body }: Answer): string[] => {
      const response = document.paths[path]?.[method]?.responses[status];
      if (!response) return [`HTTP ${status} is not documented`];
      const escapedPath = encodeURI(path.replaceAll("/", "~1"));
      const at = response.$ref?.slice(1) ?? `/paths/${escapedPath}/${method}/responses/${status}`;
      const isJson = headers.get("content-type")?.startsWith("application/json");
      return [...(isJson ? [] : ["not JSON"]), ...mistakesIn(body, `${at}/content/application~1json/schema`)];
    },
  };
}
