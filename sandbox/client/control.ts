import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { readJson, readValue } from "../read-json.ts";
import type { Tokens } from "../tokens.ts";
import type { LedgerEntry } from "./books.ts";
import { customerId } from "./wire.ts";
import { type ClientWorld, grantRequest, newCustomer } from "./world.ts";

/** The lines about the routes below in `GET /__sandbox`. */
export const clientControlIndex = {
  "GET /__sandbox/client/ledger?customer_id=": "balance and every ledger entry",
  "GET /__sandbox/client/statement?from=&to=": "the entries of all customers in a time, as CSV",
  "GET /__sandbox/client/otp?customer_id=": "the newest OTP that was sent",
  "GET /__sandbox/client/sign-in-link?customer_id=&origin=": "a link as the brand's own app opens it, good once",
  "POST /__sandbox/client/customers": '{ "customer_id", "balance", "earned"?, "mobile"? }',
  "POST /__sandbox/client/credit": '{ "customer_id", "points" }',
};

const byCustomer = z.object({ customer_id: customerId });
const period = z.object({ from: z.iso.datetime(), to: z.iso.datetime() });
const linkQuery = byCustomer.extend({ origin: z.url().optional() });

export const defaultGatewayUrl = "http://localhost:4000";

/** Adds the points provider's part of the control surface to the server. */
export function serveClientControl(
  app: FastifyInstance,
  { client, tokens, gatewayUrl }: { client: ClientWorld; tokens: Tokens; gatewayUrl: string },
): void {
  const view = (id: string) => {
    const { customer_id, points_earned, balance_points, entries } = client.account(id);
    return { customer_id, points_earned, balance_points, entries };
  };
  const unknown = (reply: FastifyReply, id: string) => reply.code(404).send({ message: `There is no customer ${id}` });

  app.get("/__sandbox/client/ledger", async ({ query }, reply) => {
    const { customer_id } = readValue(byCustomer, query);
    return client.has(customer_id) ? view(customer_id) : unknown(reply, customer_id);
  });

  app.get("/__sandbox/client/statement", async ({ query }, reply) => {
    const { from, to } = readValue(period, query);
    return reply.type("text/csv; charset=utf-8").send(statement(client.entries({ from, to })));
  });

  app.get("/__sandbox/client/otp", async ({ query }, reply) => {
    const { customer_id } = readValue(byCustomer, query);
    if (!client.has(customer_id)) return unknown(reply, customer_id);
    const sent = client.lastOtp(customer_id);
    const howTo = `No OTP was sent to ${customer_id} yet: ask for one with POST /api/v1/auth/generate-otp`;
    return sent ?? reply.code(404).send({ message: howTo });
  });

  app.get("/__sandbox/client/sign-in-link", async ({ query }, reply) => {
    const { customer_id, origin = gatewayUrl } = readValue(linkQuery, query);
    if (!client.has(customer_id)) return unknown(reply, customer_id);
    const token = await tokens.issue(customer_id);
    return { url: `${origin}/signin?${new URLSearchParams({ token, uid: customer_id })}` };
  });

  app.post("/__sandbox/client/customers", async ({ body }, reply) => {
    const customer = readJson(newCustomer, body);
    if (client.has(customer.customer_id)) {
      return reply.code(409).send({ message: `Customer ${customer.customer_id} exists already` });
    }
    client.addCustomer(customer);
    return reply.code(201).send(view(customer.customer_id));
  });

  app.post("/__sandbox/client/credit", async ({ body }, reply) => {
    const { customer_id, points } = readJson(grantRequest, body);
    if (!client.has(customer_id)) return unknown(reply, customer_id);
    client.credit(customer_id, points);
    return view(customer_id);
  });
}

const statementColumns = "entry_id,at,customer_id,type,order_id,reference,points";

function statement(entries: readonly LedgerEntry[]): string {
  const rows = entries
    .filter(({ type }) => type !== "opening")
    .map(({ seq, at, customer_id, type, order_id, reference, reason, points }) =>
      [seq, at, customer_id, type, order_id ?? "", reference ?? reason ?? "", Math.abs(points)].map(cell).join(","),
    );
  return `${[statementColumns, ...rows].join("\n")}\n`;
}

const cell = (value: string | number): string =>
  /[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value);
