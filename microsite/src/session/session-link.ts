import { ApolloLink } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { defer, from, of, switchMap } from "rxjs";
import { session } from "./session.ts";

/** Keeps requests signed in: renews the session before one that would be nobody's, and repeats one that turned out to be. */
export const sessionLink = new ApolloLink((operation, forward) =>
  defer(() => session.ensureFresh()).pipe(
    switchMap(() => {
      const sentAt = Date.now();
      return forward(operation).pipe(
        switchMap((result) => {
          if (session.state().kind !== "signed-in" || !isNobodys(result)) return of(result);
          return from(session.renewSince(sentAt)).pipe(
            switchMap((renewal) => (renewal === "renewed" ? forward(operation) : of(result))),
          );
        }),
      );
    }),
  ),
);

/** A brand's own sign-in that has run out is `UNAUTHENTICATED`, too, but of a field within; that one cannot be renewed. */
function isNobodys({ data, errors }: ApolloLink.Result): boolean {
  if ((data as { me?: unknown } | null | undefined)?.me === null) return true;
  const ofAll = errors?.filter(({ path }) => (path?.length ?? 0) <= 1) ?? [];
  return ofAll.some(({ extensions }) => extensions?.["code"] === "UNAUTHENTICATED");
}

/** Of a field: that the brand's sign-in behind the session has run out, and only signing in again helps. */
export const isUnauthenticated = (error: unknown): boolean =>
  CombinedGraphQLErrors.is(error) && error.errors.some(({ extensions }) => extensions?.["code"] === "UNAUTHENTICATED");
