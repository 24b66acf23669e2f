import { ApolloLink } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { defer, from, of, switchMap } from "rxjs";
import { session } from "./session.ts";

/** Renews an expired session before a request, and retries a request that the gateway treated as anonymous. */
export const sessionLink = new ApolloLink((operation, forward) =>
  defer(() => session.ensureFresh()).pipe(
    switchMap(() => {
      const sentAt = Date.now();
      return forward(operation).pipe(
        switchMap((result) => {
          if (session.state().kind !== "signed-in" || !isAnonymous(result)) return of(result);
          return from(session.renewSince(sentAt)).pipe(
            switchMap((renewal) => (renewal === "renewed" ? forward(operation) : of(result))),
          );
        }),
      );
    }),
  ),
);

/**
 * Whether the gateway treated the request as anonymous. A field with `UNAUTHENTICATED` means that the brand's sign-in
 * expired; renewal cannot repair that.
 */
function isAnonymous({ data, errors }: ApolloLink.Result): boolean {
  if ((data as { me?: unknown } | null | undefined)?.me === null) return true;
  const operationErrors = errors?.filter(({ path }) => (path?.length ?? 0) <= 1) ?? [];
  return operationErrors.some(({ extensions }) => extensions?.["code"] === "UNAUTHENTICATED");
}

/** Whether the brand's sign-in behind the session has expired. Only a new sign-in helps. */
export const isUnauthenticated = (error: unknown): boolean =>
  CombinedGraphQLErrors.is(error) && error.errors.some(({ extensions }) => extensions?.["code"] === "UNAUTHENTICATED");
