// The baseline for subscriptions: bare graphql-ws, which pushes one event to all subscribers on request.
import { EventEmitter, on, once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

const events = new EventEmitter().setMaxListeners(0);
const schema = makeExecutableSchema({
  typeDefs: `
    type OrderStatusEvent { seq: Int! status: String! pointsState: String! }
    type Query { now: String }
    type Subscription { orderStatus(orderId: ID!): OrderStatusEvent! }`,
  resolvers: {
    Subscription: {
      orderStatus: {
        async *subscribe() {
          yield { orderStatus: { seq: 1, status: "PROCESSING", pointsState: "TAKEN" } };
          for await (const [event] of on(events, "event")) yield { orderStatus: event };
        },
      },
    },
  },
});
const http = createServer().listen(0);
await once(http, "listening");
useServer({ schema }, new WebSocketServer({ server: http, path: "/graphql", perMessageDeflate: false }));
process.on("SIGUSR2", () => events.emit("event", { seq: 2, status: "FULFILLED", pointsState: "TAKEN" }));
process.on("SIGTERM", () => process.exit());
process.send?.({ url: `http://localhost:${(http.address() as AddressInfo).port}` });
