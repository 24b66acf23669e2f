import { ApolloLink } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { tap } from "rxjs";

const KEY = "tessera.reloaded";
/** While gateways of two versions answer by turns, a page that came back at once would never come to rest. */
const PAUSE_MS = 60_000;
const unknownDocument = new Set(["PERSISTED_QUERY_NOT_IN_LIST", "QUERY_NOT_IN_SAFELIST"]);

/** A gateway that runs trusted documents only, and not this page's, is of another version: the page is fetched anew from it. */
export const versionLink = new ApolloLink((operation, forward) =>
  forward(operation).pipe(
    tap({
      next: ({ errors }) => fetchAnewIf(errors),
      error: (error: unknown) => CombinedGraphQLErrors.is(error) && fetchAnewIf(error.errors), // of the socket
    }),
  ),
);

function fetchAnewIf(errors: ApolloLink.Result["errors"]): void {
  if (!errors?.some(({ extensions }) => unknownDocument.has(String(extensions?.["code"])))) return;
  if (Date.now() - Number(sessionStorage.getItem(KEY)) < PAUSE_MS) return;
  sessionStorage.setItem(KEY, String(Date.now()));
  location.reload();
}
