import { ApolloLink } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { tap } from "rxjs";
import { reloadOnce } from "../shell/new-version.ts";

const unknownDocumentCodes = new Set(["PERSISTED_QUERY_NOT_IN_LIST", "QUERY_NOT_IN_SAFELIST"]);

/**
 * If a gateway with `TRUSTED_DOCUMENTS=only` does not know this page's documents, it has another version: reload the
 * page.
 */
export const versionLink = new ApolloLink((operation, forward) =>
  forward(operation).pipe(
    tap({
      next: ({ errors }) => reloadIfUnknownDocument(errors),
      error: (error: unknown) => CombinedGraphQLErrors.is(error) && reloadIfUnknownDocument(error.errors), // error of the socket
    }),
  ),
);

function reloadIfUnknownDocument(errors: ApolloLink.Result["errors"]): void {
  if (errors?.some(({ extensions }) => unknownDocumentCodes.has(String(extensions?.["code"])))) reloadOnce();
}
