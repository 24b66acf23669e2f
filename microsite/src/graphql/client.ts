import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import { type DocumentNode, OperationTypeNode } from "graphql";
import { sessionLink } from "../session/session-link.ts";
import { cartLink } from "./cart-link.ts";
import { OrderDocument } from "./generated/graphql.ts";
import { languageLink } from "./language-link.ts";
import { socket } from "./socket.ts";
import { staleOrderLink } from "./stale-order-link.ts";
import { versionLink } from "./version-link.ts";

declare module "@apollo/client" {
  namespace ApolloClient {
    namespace DeclareDefaultOptions {
      interface WatchQuery {
        errorPolicy: "all";
      }
      interface Query {
        errorPolicy: "all";
      }
    }
  }
}

const cache = new InMemoryCache({
  possibleTypes: {
    UserError: [
      "BasicUserError",
      "CartConflict",
      "InsufficientPoints",
      "LimitReached",
      "NotRedeemable",
      "OtpInvalid",
      "OtpThrottled",
      "SignInThrottled",
      "SoldOut",
    ],
  },
  typePolicies: {
    Query: { fields: { rewards: relayStylePagination(["filter", "sort"]) } },
    Customer: {
      fields: {
        orders: relayStylePagination(["filter"]),
        rewardHistory: relayStylePagination(),
        tickets: relayStylePagination(),
        vouchers: relayStylePagination(["filter"]),
      },
    },
    Wallet: { fields: { entries: relayStylePagination() } },
  },
});

/**
 * Sends the document's id, computed at build time, instead of its text. If the gateway does not know the id (it runs
 * another version), the link sends the text. Subscriptions are sent as text over the socket.
 */
const byId = new PersistedQueryLink({
  generateHash: (document) => (document as DocumentNode & { __meta__: { hash: string } }).__meta__.hash,
});

export const client = new ApolloClient({
  cache,
  clientAwareness: { name: "tessera-microsite" },
  link: ApolloLink.from([
    versionLink,
    staleOrderLink((id) => {
      client.query({ query: OrderDocument, variables: { id }, fetchPolicy: "network-only" }).catch(() => {}); // the page keeps its data
    }),
    ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(socket),
      ApolloLink.from([
        cartLink,
        sessionLink,
        languageLink,
        byId,
        new HttpLink({ uri: "/graphql", credentials: "same-origin" }),
      ]),
    ),
  ]),
  defaultOptions: {
    // If an upstream is unavailable, only its fields are null; the page shows the rest of the response.
    watchQuery: { errorPolicy: "all" },
    query: { errorPolicy: "all" },
  },
});
