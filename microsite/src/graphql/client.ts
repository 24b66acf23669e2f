import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import { OperationTypeNode } from "graphql";
import { sessionLink } from "../session/session-link.ts";
import { socket } from "./socket.ts";

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
      "SoldOut",
    ],
  },
  typePolicies: {
    Query: { fields: { rewards: relayStylePagination(["filter", "sort"]) } },
    Customer: { fields: { orders: relayStylePagination(["filter"]) } },
  },
});

export const client = new ApolloClient({
  cache,
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    ApolloLink.from([sessionLink, new HttpLink({ uri: "/graphql", credentials: "same-origin" })]),
  ),
  defaultOptions: {
    // An upstream that is away darkens its own fields; the rest of the answer is shown.
    watchQuery: { errorPolicy: "all" },
    query: { errorPolicy: "all" },
  },
});
