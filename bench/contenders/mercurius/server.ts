// Mercurius with graphql-jit, set up as in its documentation: a resolver for each field, and loaders for lists.
import Fastify from "fastify";
import mercurius from "mercurius";
import { makeAccessTokens } from "../../../src/auth/access-token.ts";
import { makeSigningKeys } from "../../../src/auth/signing-keys.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { openStore } from "../store.ts";
import { typeDefs } from "../type-defs.ts";

const store = openStore(process.env);
const tokens = makeAccessTokens(makeSigningKeys(process.env["SESSION_SECRET"] ?? "", systemClock), systemClock);

interface Customer {
  customerId: string;
}
interface Order {
  id: string;
  customer_id: string;
}
interface Line {
  reward_id: string;
}
type Queries<Parent> = { obj: Parent }[];

const resolvers = {
  Query: {
    async me(_: unknown, __: unknown, { token }: { token: string }) {
      const claims = await tokens.verify(token);
      return claims && (await store.sessionIsLive(claims.sessionId)) ? { customerId: claims.customerId } : null;
    },
    async rewards(_: unknown, { first }: { first: number }) {
      const found = await store.topRewards(first + 1);
      const last = found[first - 1];
      const endCursor = Buffer.from(JSON.stringify(["POPULAR", last?.popularity, last?.id])).toString("base64url");
      return { nodes: found.slice(0, first), pageInfo: { hasNextPage: found.length > first, endCursor } };
    },
    orders: async (_: unknown, { first }: { first: number }) => ({ nodes: await store.orders(first) }),
  },
  Order: { customer: (order: Order) => ({ customerId: order.customer_id }) },
};

const loaders = {
  Customer: {
    async wallet(queries: Queries<Customer>) {
      const ids = [...new Set(queries.map(({ obj }) => obj.customerId))];
      const [held, points] = await Promise.all([
        store.held(ids),
        Promise.all(ids.map(async (id) => [id, await store.points(id)] as const)).then((pairs) => new Map(pairs)),
      ]);
      return queries.map(({ obj: { customerId } }) => {
        const { balance = 0, earned = 0 } = points.get(customerId) ?? {};
        const holding = held.get(customerId) ?? 0;
        return { balance, earned, held: holding, available: balance - holding };
      });
    },
  },
  Order: {
    async lines(queries: Queries<Order>) {
      const lines = Map.groupBy(await store.linesOf(queries.map(({ obj }) => obj.id)), ({ order_id }) => order_id);
      return queries.map(({ obj }) => lines.get(obj.id) ?? []);
    },
  },
  OrderLine: {
    async reward(queries: Queries<Line>) {
      const rewards = await store.rewards([...new Set(queries.map(({ obj }) => obj.reward_id))]);
      return queries.map(({ obj }) => rewards.get(obj.reward_id));
    },
  },
};

const fastify = Fastify();
await fastify.register(mercurius, {
  schema: typeDefs,
  resolvers: resolvers as never,
  loaders: loaders as never,
  jit: 1,
  context: async ({ headers }) => ({ token: headers.authorization?.slice("Bearer ".length) ?? "" }),
});
process.send?.({ url: await fastify.listen({ port: 0 }) });
process.on("SIGTERM", () => process.exit(0));
