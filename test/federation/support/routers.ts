import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { composeServices as composeByApollo } from "@apollo/composition";
import { ApolloGateway, RemoteGraphQLDataSource } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { createGatewayRuntime } from "@graphql-hive/gateway-runtime";
import httpTransport from "@graphql-mesh/transport-http";
import wsTransport from "@graphql-mesh/transport-ws";
import { composeServices as composeByGuild } from "@theguild/federation-composition";
import type { DocumentNode } from "graphql";
import { ROUTER_HEADER } from "../../../src/graphql/trusted-router.ts";

/** The parts of a supergraph. */
export interface Part {
  name: string;
  url: string;
  typeDefs: DocumentNode;
}

export interface Router extends AsyncDisposable {
  /** The URL for clients' operations. */
  url: string;
}

/** @param options.secret the ROUTER_SECRET of the gateway named `tessera` */
export type StartRouter = (parts: Part[], options: { secret: string }) => Promise<Router>;

interface Composed {
  errors?: readonly { message: string }[] | undefined;
  supergraphSdl?: string | undefined;
}
function assertComposed(result: Composed): string {
  if (result.supergraphSdl === undefined) throw new Error(result.errors?.map(({ message }) => message).join("\n"));
  return result.supergraphSdl;
}

export const compositions = {
  "Apollo's composition": (parts: Part[]) => assertComposed(composeByApollo(parts)),
  "The Guild's composition": (parts: Part[]) => assertComposed(composeByGuild(parts)),
};

export const startApolloGateway: StartRouter = async (parts, { secret }) => {
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const gateway = new ApolloGateway({
    supergraphSdl: compositions["Apollo's composition"](parts),
    logger: silent,
    buildService: ({ name, url }) =>
      new RemoteGraphQLDataSource({
        url: url ?? "",
        willSendRequest({ request, context }) {
          const { authorization } = context as { authorization?: string };
          if (authorization !== undefined) request.http?.headers.set("authorization", authorization);
          if (name === "tessera") request.http?.headers.set(ROUTER_HEADER, secret);
        },
      }),
  });
  const server = new ApolloServer({ gateway, logger: silent, stopOnTerminationSignals: false });
  const { url } = await startStandaloneServer(server, {
    listen: { port: 0, host: "127.0.0.1" },
    context: async ({ req }) => ({ authorization: req.headers.authorization }),
  });
  return { url, [Symbol.asyncDispose]: () => server.stop() };
};

/** @param kind the transport of its subscriptions: a websocket or an event stream */
export const startHiveGateway =
  (kind: "ws" | "http"): StartRouter =>
  async (parts, { secret }) => {
    const connectionParams = { authorization: "{context.headers.authorization}", [ROUTER_HEADER]: secret };
    const runtime = createGatewayRuntime({
      supergraph: compositions["The Guild's composition"](parts),
      logging: false,
      landingPage: false,
      graphiql: false,
      transports: { http: httpTransport, ws: wsTransport },
      transportEntries: {
        tessera: { options: { subscriptions: { kind, ...(kind === "ws" && { options: { connectionParams } }) } } },
      },
      propagateHeaders: {
        fromClientToSubgraphs: ({ request, subgraphName }) => ({
          authorization: request.headers.get("authorization"),
          ...(subgraphName === "tessera" && { [ROUTER_HEADER]: secret }),
        }),
      },
    });
    const server = createServer(runtime as unknown as RequestListener).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://127.0.0.1:${port}/graphql`,
      async [Symbol.asyncDispose]() {
        const closed = once(server, "close");
        server.close();
        server.closeAllConnections();
        await closed;
        await runtime[Symbol.asyncDispose]();
      },
    };
  };
