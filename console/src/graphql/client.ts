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

/** With this query string, the gateway accepts the operator's cookie and ignores a customer's. */
const PATH = "/graphql?console";

/**
 * The console shows and edits the texts of the programme's own language, regardless of the browser's languages: the tag
 * `zxx` means no language, and has no translations.
 */
const ownLanguage = { "accept-language": "zxx" };

const cache = new InMemoryCache({
  possibleTypes: { UserError: ["BasicUserError", "InsufficientPoints", "LimitReached", "NotRedeemable", "SoldOut"] },
});

/** Sends a document's build-time id instead of its text. If the gateway does not know the id, the text is sent. */
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

/** Detects the end of the session by the first answer with an UNAUTHENTICATED error. */
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
    // An error in a field affects the part of the page that shows it; the rest of the answer is shown.
    watchQuery: { errorPolicy: "all", fetchPolicy: "cache-and-network" },
    query: { errorPolicy: "all" },
    mutate: { errorPolicy: "all" },
  },
});
