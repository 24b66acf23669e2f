// Plays the warehouse: sends a signed report about one line of an order to the running gateway.
//
//   npm run warehouse -- ORD-261122-7K3MQ9XZ4T 1 SHIPPED [carrier] [tracking number]
import { randomUUID } from "node:crypto";
import { readConfig } from "../src/config.ts";
import { sign } from "../src/order/fulfilment-webhook.ts";

const [orderNumber, line, status, carrier, trackingNumber] = process.argv.slice(2);
if (!orderNumber || !line || !status) {
  console.error(
    "Say which order, which line (1 is the first) and what happened: SHIPPED, DELIVERED, RETURNED, LOST or REJECTED.",
  );
  console.error("  npm run warehouse -- ORD-261122-7K3MQ9XZ4T 1 SHIPPED BlueDart BD123456");
  process.exit(1);
}

const { port, webhookSecret } = readConfig(process.env);
const body = JSON.stringify({
  id: randomUUID(),
  type: "shipment.updated",
  occurredAt: new Date().toISOString(),
  data: { orderNumber, line: Number(line), status: status.toUpperCase(), carrier, trackingNumber },
});
const response = await fetch(`http://localhost:${port}/webhooks/fulfilment`, {
  method: "POST",
  headers: { "content-type": "application/json", "x-tessera-signature": sign(body, webhookSecret ?? "", new Date()) },
  body,
}).catch((error: Error) => {
  console.error(`Nothing answers on port ${port}: start the gateway first (${error.message}).`);
  process.exit(1);
});
console.log(response.status, await response.text());
process.exitCode = response.ok ? 0 : 1;
