import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MortalGateway, startMortalGateway } from "../support/gateway-process.ts";
import { placeOrder } from "../support/orders.ts";
import { createWebhook, startReceiver } from "./support.ts";

/** SIGKILL ends the sender around the delivery of a message, and it restarts. */

let gateway: MortalGateway;
beforeAll(async () => {
  gateway = await startMortalGateway({ WEBHOOKS_TO_PRIVATE_ADDRESSES: "true" });
});
afterAll(() => gateway[Symbol.asyncDispose]());

test.each([
  ["before a message is sent", "webhook:read", "once"],
  ["between a delivery and its record", "webhook:answered", "again"],
  ["after a delivery is recorded", "webhook:recorded", "once"],
] as const)(
  "a sender that dies %s (%s) delivers each event, in the order of its subject, %s",
  async (_, point, how) => {
    await using receiver = await startReceiver();
    const name = `kill-${randomUUID()}`;
    await createWebhook(gateway.operator, { name, url: receiver.url, eventTypes: ["ORDER_STATUS_CHANGED"] });
    const reward = await gateway.voucher({ points: 10, codes: 10 });
    const customers = await Promise.all([1, 2, 3].map(() => gateway.customer({ balance: 1_000 })));
    const ids = customers.map(({ customerId }) => customerId);
    // The answers to the last orders may be lost with the process; the orders continue if they were placed.
    const placeAll = () => Promise.all(customers.map((customer) => placeOrder(customer, reward.id).catch(() => "")));

    await gateway.dieAt(point, placeAll);
    await gateway.restart();
    await placeAll();
    await gateway.until(async () => {
      const open = await gateway.sql(
        `select id from orders where customer_id = any($1) and status in ('PENDING', 'PROCESSING')
       union all select m.id from webhook_messages m join webhooks w on w.id = m.webhook_id where w.name = $2 and m.state = 'PENDING'`,
        [ids, name],
      );
      return open.length === 0;
    });

    const events = await gateway.sql<{ subject: string; seq: number }>(
      `select 'order:' || number as subject, e.seq::int from orders join order_events e on e.order_id = orders.id
     where customer_id = any($1)`,
      [ids],
    );
    const keyOf = (subject: string, seq: unknown) => `${subject}/${seq}`;
    const delivered = Map.groupBy(receiver.received, ({ body }) => keyOf(body.subject, body.data["seq"]));
    expect([...delivered.keys()].toSorted()).toEqual(events.map(({ subject, seq }) => keyOf(subject, seq)).toSorted());
    for (const repeated of delivered.values()) expect(new Set(repeated.map(({ raw }) => raw)).size).toBe(1);
    for (const ofSubject of Map.groupBy(receiver.received, ({ body }) => body.subject).values()) {
      const seqs = ofSubject.map(({ body }) => Number(body.data["seq"]));
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    }
    const repetitions = receiver.received.length - delivered.size;
    if (how === "once") expect(repetitions).toBe(0);
    else expect(repetitions).toBeGreaterThan(0);
  },
);
