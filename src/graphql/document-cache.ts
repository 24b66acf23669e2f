import { hash } from "node:crypto";
import type { DocumentNode } from "graphql";
import { LRUCache } from "lru-cache";

/** The number of characters of all texts together. A parsed text takes about 60 bytes a character. */
const MAX_CHARACTERS = 500_000;

/** Documents that passed validation, by the SHA-256 of their text: HTTP and sockets validate a document once. */
export type DocumentCache = Pick<LRUCache<string, DocumentNode>, "get" | "set" | "delete">;

export function makeDocumentCache(): DocumentCache {
  return new LRUCache<string, DocumentNode>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: ({ loc }) => loc?.source.body.length || 1,
  });
}

/** The key of a text, which is also Apollo's. */
export const documentKey = (text: string): string => hash("sha256", text);
