import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { OPERATOR_TOKEN, send, type World } from "./world.ts";

export interface DeliveryRate {
  /** The behaviour of the receiver. */
  receiver: string;
  perSecond: number;
  /** CPU of the gateway for a delivery, milliseconds. */
  cpuMs: number;
}

const SLOW_MS = 2_000;
/** The delay of the nth answer. */
const receivers: [name: string, delayMs: (nth: number) => number][] = [
  ["answers at once", () => 0],
  ["takes 20 ms", () => 20],
  ["takes 100 ms", () => 100],
  ["takes 20 ms, and 2 s for every 50th", (nth) => (nth % 50 === 0 ? SLOW_MS : 20)],
];

/** Measures deliveries of webhooks to receivers of different speed, one after the other. Each subject has two messages. */
export async function measureWebhooks(world: World, { messages }: { messages: number }): Promise<DeliveryRate[]> {
  const { gateway } = world;
  const database = new pg.Client({ connectionString: world.env["DATABASE_URL"] });
  await database.connect();
  const rates: DeliveryRate[] = [];
  try {
    for (const [receiver, delayMs] of receivers) rates.push(await measure(receiver, delayMs));
  } finally {
    await database.end();
  }
  return rates;

  async function measure(receiver: string, delayMs: (nth: number) => number): Promise<DeliveryRate> {
    let [received, startedAt, cpuAtStart] = [0, 0, 0];
    const server = createServer((request, response) => {
      if (received === 0) [startedAt, cpuAtStart] = [performance.now(), gateway.cpuSeconds()];
      received += 1;
      request.resume().once("end", () => setTimeout(() => response.end(), delayMs(received)));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const name = `bench-${randomUUID()}`;
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const input = { name, url, eventTypes: ["TEST"] };
    await send(
      gateway.url,
      "mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { userErrors { message } } }",
      OPERATOR_TOKEN,
      { input },
    );
    await database.query(
      `insert into webhook_messages (id, webhook_id, type, subject, data, at)
        select gen_random_uuid(), w.id, 'test', 'subject:' || n / 2, '{"message": "This is a measurement."}', now()
        from generate_series(0, $2 - 1) n, webhooks w where w.name = $1`,
      [name, messages],
    );
    const isPending = async () => {
      const { rows } = await database.query(
        `select from webhook_messages m join webhooks w on w.id = m.webhook_id
         where w.name = $1 and m.state = 'PENDING' limit 1`,
        [name],
      );
      return rows.length > 0;
    };
    while (await isPending()) await delay(50);
    const seconds = (performance.now() - startedAt) / 1_000;
    const cpuMs = ((gateway.cpuSeconds() - cpuAtStart) * 1_000) / messages;
    server.closeAllConnections();
    server.close();
    return { receiver, perSecond: messages / seconds, cpuMs };
  }
}
