// The baseline: node:http without GraphQL. It knows the two queries, makes the required calls and writes the same JSON.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { makeAccessTokens } from "../../src/auth/access-token.ts";
import { makeSigningKeys } from "../../src/auth/signing-keys.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { openStore } from "./store.ts";

const store = openStore(process.env);
const tokens = makeAccessTokens(makeSigningKeys(process.env["SESSION_SECRET"] ?? "", systemClock), systemClock);

async function dashboard(token: string) {
  const claims = await tokens.verify(token);
  if (!claims || !(await store.sessionIsLive(claims.sessionId))) return { data: { me: null } };
  const [points, held, found] = await Promise.all([
    store.points(claims.customerId),
    store.held([claims.customerId]),
    store.topRewards(21),
  ]);
  const holding = held.get(claims.customerId) ?? 0;
  const nodes = found.slice(0, 20);
  const last = nodes.at(-1);
  const endCursor = Buffer.from(JSON.stringify(["POPULAR", last?.popularity, last?.id])).toString("base64url");
  return {
    data: {
      me: {
        customerId: claims.customerId,
        wallet: { balance: points.balance, earned: points.earned, held: holding, available: points.balance - holding },
      },
      rewards: {
        nodes: nodes.map(({ id: _, popularity: __, ...reward }) => reward),
        pageInfo: { hasNextPage: found.length > 20, endCursor },
      },
    },
  };
}

async function orders() {
  const rows = await store.orders(50);
  const customerIds = [...new Set(rows.map((row) => row.customer_id))];
  const [lines, balances] = await Promise.all([
    store.linesOf(rows.map((row) => row.id)),
    Promise.all(customerIds.map(async (id) => [id, await store.points(id)] as const)).then((pairs) => new Map(pairs)),
  ]);
  const rewards = await store.rewards([...new Set(lines.map((line) => line.reward_id))]);
  const byOrder = Map.groupBy(lines, (line) => line.order_id);
  return {
    data: {
      orders: {
        nodes: rows.map((row) => ({
          number: row.number,
          status: row.status,
          total: row.total,
          customer: { customerId: row.customer_id, wallet: { balance: balances.get(row.customer_id)?.balance } },
          lines: (byOrder.get(row.id) ?? []).map(({ name, quantity, points, reward_id }) => {
            const { id: _, ...reward } = rewards.get(reward_id) ?? {};
            return { name, quantity, points, reward };
          }),
        })),
      },
    },
  };
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    const { query } = JSON.parse(Buffer.concat(chunks).toString()) as { query: string };
    const token = request.headers.authorization?.slice("Bearer ".length) ?? "";
    const answer = query.includes("me {") ? await dashboard(token) : await orders();
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answer));
  });
});
server.listen(0, () => process.send?.({ url: `http://localhost:${(server.address() as AddressInfo).port}` }));
process.on("SIGTERM", () => process.exit(0));
