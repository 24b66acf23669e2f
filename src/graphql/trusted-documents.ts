import { hash as digest } from "node:crypto";
import { readFileSync } from "node:fs";
import { type GraphQLSchema, parse, validate } from "graphql";
import { z } from "zod";
import { ConfigError } from "../config/config.ts";
import type { Viewer } from "../domain/viewer.ts";
import { badUserInput, PublicError } from "./errors.ts";
import { limitError, publicLimits } from "./limits.ts";

/** The parts of a request that identify its document, unparsed. */
export interface SentDocument {
  query: unknown;
  /** `sha256:` and 64 hexadecimal digits: persisted documents of GraphQL over HTTP. */
  documentId: unknown;
  /** The same in Apollo's form: `persistedQuery.sha256Hash`, of digits only. */
  extensions: unknown;
}

/** Finds documents by their ids and, if only trusted ones are permitted, refuses all others from the public. */
export interface DocumentGate {
  /**
   * @param from a router is trusted to have admitted the documents whose parts it sends
   * @returns the text to run, if known or sent; the hash of an id that is in no manifest; an empty result if the
   * request identifies no document; or the reason for refusing it
   */
  admit(
    sent: SentDocument,
    from: { viewer: Viewer; isRouter: boolean },
  ): { text?: string; hash?: string } | PublicError;
}

const idShape = /^sha256:([0-9a-f]{64})$/;
const sha256 = (text: string) => digest("sha256", text);

const apolloHash = (extensions: unknown) =>
  (extensions as { persistedQuery?: { sha256Hash?: unknown } | null } | null | undefined)?.persistedQuery?.sha256Hash;

/** @param documents texts by their SHA-256, in hexadecimal digits */
export function makeDocumentGate(documents: ReadonlyMap<string, string>, { only }: { only: boolean }): DocumentGate {
  if (only && documents.size === 0) {
    throw new ConfigError(
      "TRUSTED_DOCUMENTS: only, and there is no manifest: name one in TRUSTED_DOCUMENTS_MANIFESTS, or build the microsite",
    );
  }
  /** Operators and services hold a secret, so they are not the public. */
  const isPublic = ({ kind }: Viewer) => kind === "anonymous" || kind === "customer";
  const instructions =
    "TRUSTED_DOCUMENTS=only: this gateway runs the documents of its manifests and no others. " +
    "Add a frontend's manifest with TRUSTED_DOCUMENTS_MANIFESTS, or send an operator's bearer token. " +
    "A federated router sends the ROUTER_SECRET.";
  return {
    admit({ query, documentId, extensions }, { viewer, isRouter }) {
      const mustTrust = only && !isRouter && isPublic(viewer);
      const field = documentId == null ? "extensions.persistedQuery.sha256Hash" : "documentId";
      const hash = documentId == null ? apolloHash(extensions) : idShape.exec(String(documentId))?.[1];
      if (documentId != null && hash === undefined) {
        return badUserInput(field, "expected sha256: and 64 hexadecimal digits in lower case");
      }

      if (typeof query === "string" && query !== "") {
        if (hash === undefined && !mustTrust) return { text: query };
        const own = sha256(query);
        if (hash !== undefined && hash !== own) return badUserInput(field, "this is not the id of the query");
        if (!mustTrust || documents.has(own)) return { text: query };
        return new PublicError("QUERY_NOT_IN_SAFELIST", `This document is not trusted. ${instructions}`);
      }
      if (hash === undefined) return {};
      const text = documents.get(String(hash));
      if (text !== undefined) return { text };
      if (!mustTrust) return { hash: String(hash) };
      return new PublicError("PERSISTED_QUERY_NOT_IN_LIST", `No trusted document has this id. ${instructions}`);
    },
  };
}

/** The manifests of the client preset of graphql-codegen, and of Apollo's `generate-persisted-query-manifest`. */
const manifest = z.union([
  z
    .object({
      format: z.literal("apollo-persisted-query-manifest"),
      version: z.literal(1),
      operations: z.array(z.object({ id: z.string(), body: z.string() })),
    })
    .transform(({ operations }) => operations.map(({ id, body }) => [id, body] as const)),
  z.record(z.string(), z.string()).transform((texts) => Object.entries(texts)),
]);

/**
 * Reads manifests of documents.
 *
 * @param files manifests of other frontends
 * @param site the microsite's manifests. Its documents are generated from this schema and need no second check.
 * Documents of an earlier build that no longer fit the schema are left out
 * @returns the texts by their SHA-256, in hexadecimal digits
 * @throws ConfigError naming every invalid file and document
 */
export function readManifests(
  files: readonly string[],
  schema: GraphQLSchema,
  site: { newest: readonly string[]; earlier: readonly string[] } = { newest: [], earlier: [] },
): Map<string, string> {
  const documents = new Map<string, string>();
  const problems: string[] = [];
  for (const file of [...site.newest, ...files]) {
    const read = readManifest(file);
    if (typeof read === "string") problems.push(`${file}: ${read}`);
    else {
      const isGenerated = site.newest.includes(file);
      for (const [id, text] of read) {
        const problem = isGenerated ? problemOfId(id, text) : problemOf(id, text, schema);
        if (problem) problems.push(`${file}: ${id}: ${problem}`);
        documents.set(sha256(text), text);
      }
    }
  }
  if (problems.length > 0) {
    throw new ConfigError(problems.map((problem) => `TRUSTED_DOCUMENTS_MANIFESTS: ${problem}`).join("\n"));
  }
  for (const [id, text] of site.earlier.map(readManifest).flatMap((read) => (typeof read === "string" ? [] : read))) {
    const hash = sha256(text);
    if (!documents.has(hash) && !problemOf(id, text, schema)) documents.set(hash, text);
  }
  return documents;
}

function readManifest(file: string) {
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (error) {
    return `cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
  try {
    const parsed = manifest.safeParse(JSON.parse(content));
    return parsed.success
      ? parsed.data
      : "expected an object of texts by their ids, or Apollo's persisted query manifest";
  } catch {
    return "is not JSON";
  }
}

function problemOfId(id: string, text: string): string | undefined {
  if (id.replace(/^sha256:/, "") !== sha256(text)) return `is not the SHA-256 of its text, which is ${sha256(text)}`;
  return undefined;
}

function problemOf(id: string, text: string, schema: GraphQLSchema): string | undefined {
  const problem = problemOfId(id, text);
  if (problem) return problem;
  try {
    const document = parse(text, { maxTokens: publicLimits.tokens });
    const error = limitError(schema, document) ?? validate(schema, document)[0];
    return error?.message;
  } catch (error) {
    return (error as Error).message;
  }
}
