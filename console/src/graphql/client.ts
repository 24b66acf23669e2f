import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { type DocumentNode, OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import { tap } from "rxjs";
import { signedOut } from "../session/session.ts";

declare module "@apollo/client" {
  namespace ApolloClient {
    namespace DeclareDefaultOptions {
      interface WatchQuery {
        errorPolicy: "all";
      }
      interface Query {
        errorPolicy: "all";
      }
      interface Mutate {
        errorPolicy: "all";
      }
    }
  }
}

/** Requests with this query go by the operator's cookie, and never by a customer's. */
const PATH = "/graphql?console";

/**
 * The console shows and edits the texts of the programme's own language, whatever the browser of the operator prefers: `zxx` is the tag for
 * no language, in which nothing has a translation.
 */
const ownLanguage = { "accept-language": "zxx" };

const cache = new InMemoryCache({
  possibleTypes: { UserError: ["BasicUserError", "InsufficientPoints", "LimitReached", "NotRedeemable", "SoldOut"] },
});

/** Sends a document's id, with which it was built, instead of its text. A gateway that does not know the id is sent the text. */
const byId = new PersistedQueryLink({
  generateHash: (document) => (document as DocumentNode & { __meta__: { hash: string } }).__meta__.hash,
});

export const socket = createClient({
  url: () => `${location.origin.replace(/^http/, "ws")}${PATH}`,
  connectionParams: ownLanguage,
  retryAttempts: Number.POSITIVE_INFINITY,
  keepAlive: 10_000,
  shouldRetry: () => true,
});

const isUnauthenticated = (errors: ApolloLink.Result["errors"]) =>
  errors?.some(({ extensions }) => extensions?.["code"] === "UNAUTHENTICATED") ?? false;

/** A session that has ended is noticed by the first answer that says so. */
const sessionLink = new ApolloLink((operation, forward) =>
  forward(operation).pipe(
    tap({
      next: ({ errors }) => isUnauthenticated(errors) && signedOut(),
      error: (error: unknown) => CombinedGraphQLErrors.is(error) && isUnauthenticated(error.errors) && signedOut(),
    }),
  ),
);

export const client = new ApolloClient({
  cache,
  clientAwareness: { name: "tessera-console" },
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    ApolloLink.from([sessionLink, byId, new HttpLink({ uri: PATH, credentials: "same-origin", headers: ownLanguage })]),
  ),
  defaultOptions: {
    // A part that cannot be read darkens itself; the rest of the answer is shown.
    watchQuery: { errorPolicy: "all", fetchPolicy: "cache-and-network" },
    query: { errorPolicy: "all" },
    mutate: { errorPolicy: "all" },
  },
});
