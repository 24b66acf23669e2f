import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buildSubgraphSchema, type GraphQLResolverMap } from "@apollo/subgraph";
import { type DocumentNode, parse } from "graphql";
import { createHandler } from "graphql-http/lib/use/http";

export interface Subgraph extends AsyncDisposable {
  name: string;
  url: string;
  typeDefs: DocumentNode;
}

/** A small subgraph of another team, over real HTTP. */
export async function startSubgraph(
  name: string,
  sdl: string,
  resolvers: GraphQLResolverMap<unknown>,
): Promise<Subgraph> {
  const typeDefs = parse(sdl);
  const answer = createHandler({ schema: buildSubgraphSchema([{ typeDefs, resolvers }]) });
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    typeDefs,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
