import { type DocumentCache, makeDocumentCache } from "./document-cache.ts";
import { type DocumentLimits, publicLimits, routerLimits } from "./limits.ts";

/** What holds for the documents of anybody, or of trusted routers. A document that is valid for one may be over a limit of the other. */
export interface DocumentSender {
  limits: DocumentLimits;
  /** The documents that passed validation under these limits. */
  validated: DocumentCache;
}

export interface DocumentSenders {
  public: DocumentSender;
  router: DocumentSender;
}

export const makeDocumentSenders = (): DocumentSenders => ({
  public: { limits: publicLimits, validated: makeDocumentCache() },
  router: { limits: routerLimits, validated: makeDocumentCache() },
});
