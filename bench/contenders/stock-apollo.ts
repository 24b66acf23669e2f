// Apollo Server on Fastify, set up as in its documentation: default plugins, a resolver for each field, no batching.
import { ApolloServer } from "@apollo/server";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import Fastify from "fastify";
import { makeAccessTokens } from "../../src/auth/access-token.ts";
import { makeSigningKeys } from "../../src/auth/signing-keys.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { openStore } from "./store.ts";
import { typeDefs } from "./type-defs.ts";

const store = openStore(process.env);
const tokens = makeAccessTokens(makeSigningKeys(process.env["SESSION_SECRET"] ?? "", systemClock), systemClock);

interface Row {
  [column: string]: string;
}
const resolvers = {
  Query: {
    me: async (_: unknown, __: unknown, { token }: { token: string }) => {
      const claims = await tokens.verify(token);
      return claims && (await store.sessionIsLive(claims.sessionId)) ? { customerId: claims.customerId } : null;
    },
    rewards: async (_: unknown, { first }: { first: number }) => {
      const found = await store.topRewards(first + 1);
      const last = found[first - 1];
      const endCursor = Buffer.from(JSON.stringify(["POPULAR", last?.popularity, last?.id])).toString("base64url");
      return { nodes: found.slice(0, first), pageInfo: { hasNextPage: found.length > first, endCursor } };
    },
    orders: async (_: unknown, { first }: { first: number }) => ({ nodes: await store.orders(first) }),
  },
  Customer: {
    wallet: async ({ customerId }: { customerId: string }) => {
      const [points, held] = await Promise.all([store.points(customerId), store.held([customerId])]);
      const holding = held.get(customerId) ?? 0;
      return { ...points, held: holding, available: points.balance - holding };
    },
  },
  Order: {
    customer: (order: Row) => ({ customerId: order["customer_id"] }),
    lines: (order: Row) => store.linesOf([order["id"] ?? ""]),
  },
  OrderLine: {
    reward: async (line: Row) => (await store.rewards([line["reward_id"] ?? ""])).get(line["reward_id"] ?? ""),
  },
};

const apollo = new ApolloServer<{ token: string }>({ typeDefs, resolvers });
await apollo.start();
const fastify = Fastify();
fastify.route({
  method: ["GET", "POST"],
  url: "/graphql",
  handler: fastifyApolloHandler(apollo, {
    context: async (request) => ({ token: request.headers.authorization?.slice("Bearer ".length) ?? "" }),
  }),
});
process.send?.({ url: await fastify.listen({ port: 0 }) });
process.on("SIGTERM", () => process.exit(0));
