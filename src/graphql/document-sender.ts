import type { GraphQLSchema } from "graphql";
import { type DocumentCache, makeDocumentCache } from "./document-cache.ts";
import { type DocumentLimits, publicLimits, routerLimits } from "./limits.ts";

/**
 * The limits for documents of the public, or of trusted routers. A document within the limits of one may exceed those
 * of the other.
 */
export interface DocumentSender {
  schema: GraphQLSchema;
  limits: DocumentLimits;
  /** The documents that passed validation under these limits. */
  validated: DocumentCache;
}

export interface DocumentSenders {
  public: DocumentSender;
  router: DocumentSender;
}

/** @param schemas the public schema, and the schema for trusted routers */
export const makeDocumentSenders = (schemas: { public: GraphQLSchema; router: GraphQLSchema }): DocumentSenders => ({
  public: { schema: schemas.public, limits: publicLimits, validated: makeDocumentCache() },
  router: { schema: schemas.router, limits: routerLimits, validated: makeDocumentCache() },
});
