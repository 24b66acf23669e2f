import type { GraphQLSchema } from "graphql";
import { type DocumentCache, makeDocumentCache } from "./document-cache.ts";
import { type DocumentLimits, publicLimits, routerLimits } from "./limits.ts";

/** What holds for the documents of anybody, or of trusted routers. A document that is valid for one may be over a limit of the other. */
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

/** @param schemas for everybody, and as trusted routers know it */
export const makeDocumentSenders = (schemas: { public: GraphQLSchema; router: GraphQLSchema }): DocumentSenders => ({
  public: { schema: schemas.public, limits: publicLimits, validated: makeDocumentCache() },
  router: { schema: schemas.router, limits: routerLimits, validated: makeDocumentCache() },
});
