import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Caller } from "../support/graphql.ts";

export interface Received {
  headers: Record<string, string | string[] | undefined>;
  raw: string;
  body: {
    id: string;
    type: string;
    occurredAt: string;
    sequence: number;
    subject: string;
    data: Record<string, unknown>;
  };
  /** The status of the answer. */
  status: number;
}

/** A receiver of webhooks over real HTTP. */
export async function startReceiver() {
  const received: Received[] = [];
  const changed = new EventEmitter().setMaxListeners(0);
  /** Decides the status of each answer; a promise is awaited. */
  let answer: (request: Received) => number | Promise<number> = () => 200;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks).toString("utf8");
    const arrived: Received = { headers: request.headers, raw, body: JSON.parse(raw), status: 0 };
    received.push(arrived);
    changed.emit("change");
    arrived.status = await answer(arrived);
    response.writeHead(arrived.status, arrived.status === 302 ? { location: "/elsewhere" } : {}).end("ok");
    changed.emit("change");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answerBy(next: typeof answer) {
      answer = next;
    },
    /** Resolves with the matching requests, once there are `count`. */
    async when(fits: (request: Received) => boolean, count = 1): Promise<Received[]> {
      while (received.filter(fits).length < count) await once(changed, "change");
      return received.filter(fits);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export interface Delivery {
  id: string;
  messageId: string;
  eventType: string;
  subject: string;
  state: string;
  attempts: number;
  lastStatus: number | null;
  lastError: string | null;
  body: string;
}

export interface UserError {
  code: string;
  message: string;
  field: string[] | null;
}

export async function change<Answer>(
  operator: Caller,
  mutation: string,
  fields: string,
  input: object,
): Promise<Answer> {
  const name = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}`;
  const type = ["rotateWebhookSecret", "deleteWebhook", "testWebhook"].includes(mutation) ? "Webhook" : name;
  const { data, errors } = await operator.send<{ it: Answer }>(
    `mutation ($input: ${type}Input!) { it: ${mutation}(input: $input) { ${fields} userErrors { code message field } } }`,
    { input },
  );
  if (!data) throw new Error(JSON.stringify(errors));
  return data.it;
}

export const createWebhook = (operator: Caller, input: object) =>
  change<{ webhook: { name: string } | null; secret: string | null; userErrors: UserError[] }>(
    operator,
    "createWebhook",
    "webhook { name } secret",
    input,
  );

/** The newest first. */
export async function deliveriesOf(operator: Caller, name: string): Promise<Delivery[]> {
  const { webhook } = await operator.ok<{ webhook: { deliveries: { nodes: Delivery[] } } | null }>(
    `query ($name: String!) { webhook(name: $name) { deliveries(first: 100) { nodes {
        id messageId eventType subject state attempts lastStatus lastError body } } } }`,
    { name },
  );
  return webhook?.deliveries.nodes ?? [];
}
