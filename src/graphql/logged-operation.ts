import type { DocumentNode, OperationDefinitionNode } from "graphql";
import { documentKey } from "./document-cache.ts";

const MAX_NAME = 64;
/** Long enough to find a document in a manifest. */
const HASH_DIGITS = 16;

/** An operation's labels in a log line. */
export interface LoggedOperation {
  /** Such as `query` or `invalid operation`. */
  type: string;
  operation: string | undefined;
  /** The first digits of the document's SHA-256, which identifies it in a manifest. */
  document: string | undefined;
}

/** @param name as sent by the client, of any length */
export const shownName = (name: string | null | undefined): string =>
  name == null || name.length <= MAX_NAME ? (name ?? "") : `${name.slice(0, MAX_NAME)}…`;

/** @param hash of the document, in hexadecimal digits, if known */
export function loggedOperation(
  operation: Pick<OperationDefinitionNode, "operation"> | null | undefined,
  name: string | null | undefined,
  hash: string | undefined,
): LoggedOperation {
  return {
    type: operation?.operation ?? "invalid operation",
    operation: shownName(name) || undefined,
    document: hash?.slice(0, HASH_DIGITS),
  };
}

/** The hash of a document from a websocket. */
export const hashOf = ({ loc }: DocumentNode): string | undefined => loc && documentKey(loc.source.body);

const CLIENT_NAME = /^[\w .@/:+-]{1,64}$/;

/** The client's name, such as `tessera-microsite@1.0.0`; undefined if absent or not printable. */
export function clientName(headerOf: (name: string) => unknown): string | undefined {
  const [name, version] = ["name", "version"].map((part) =>
    ["apollographql-client", "graphql-client"].map((prefix) => headerOf(`${prefix}-${part}`)).find(isShowable),
  );
  return name === undefined ? undefined : version === undefined ? name : `${name}@${version}`;
}
const isShowable = (text: unknown): text is string => typeof text === "string" && CLIENT_NAME.test(text);
