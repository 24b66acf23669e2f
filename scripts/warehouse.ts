// Simulates the warehouse: sends a signed report about one line of an order to the running gateway.
//
//   npm run warehouse -- <order number> <line> <status> [carrier] [tracking number]
//
// Exit codes: 0 the report was received, 1 the gateway refused it, 2 no report was sent.
import "./explain-errors.ts";
import { randomUUID } from "node:crypto";
import { originOf } from "../src/http/origin.ts";
import type { WebhookAnswer } from "../src/order/fulfilment-webhook.ts";
import { sign } from "../src/platform/webhook-signature.ts";
import { readProcessConfig } from "../src/program/command-line.ts";
import { askGateway } from "./ask-gateway.ts";

/** The order number in the README and below. */
const EXAMPLE = "ORD-261122-7K3MQ9XZ4T";
const STATUSES = ["SHIPPED", "DELIVERED", "RETURNED", "LOST", "REJECTED"];

type Answer = WebhookAnswer["body"];
type Outcome = Extract<Answer, { outcome: unknown }>["outcome"];
const meanings: Record<Outcome, string> = {
  applied: "the gateway recorded the new status.",
  "no-change": "the shipment had this status already.",
  stale: "the gateway has a later report about this shipment, and keeps that status.",
  duplicate: "the gateway has received this very report before.",
  kept: "a parcel can only come back after it was SHIPPED or DELIVERED: the gateway waits for that report, then applies this one.",
  ignored:
    "the shipment cannot go from its present status to this one, or its line was cancelled. The points stay as they are, and " +
    "operators are told by a discrepancy. " +
    "Possible are SHIPPED, DELIVERED, LOST or REJECTED while it is being prepared, DELIVERED, RETURNED or LOST when SHIPPED, " +
    "RETURNED when DELIVERED.",
};

const [orderNumber, lineText = "", statusText = "", carrier, trackingNumber] = process.argv.slice(2);
const [line, status] = [Number(lineText), statusText.toUpperCase()];
if (!orderNumber || !Number.isInteger(line) || line < 1 || !STATUSES.includes(status)) {
  console.error(
    `Give an order number, a line (1 is the first) and a status: ${STATUSES.join(", ")}. For example:\n` +
      `  npm run warehouse -- ${EXAMPLE} 1 SHIPPED BlueDart BD123456`,
  );
  process.exit(2);
}

const { host, port, webhookSecret } = readProcessConfig();
const gateway = originOf(host, port);
if (webhookSecret === undefined) {
  console.error("WEBHOOK_SECRET: required in production. Set it to the gateway's.");
  process.exit(2);
}
const body = JSON.stringify({
  id: randomUUID(),
  type: "shipment.updated",
  occurredAt: new Date().toISOString(),
  data: { orderNumber, line, status, carrier, trackingNumber },
});
const { status: code, answer } = await askGateway(
  `${gateway}/webhooks/fulfilment`,
  { headers: { "x-tessera-signature": sign(body, webhookSecret, new Date()) }, body },
  (answer): answer is Answer => "outcome" in answer || "error" in answer,
);
if ("outcome" in answer) {
  console.log(`${answer.outcome}: ${meanings[answer.outcome]}`);
} else {
  console.error(`The gateway refused the report (${code}): ${answer.error}`);
  console.error(adviceFor(code));
  process.exitCode = 1;
}

function adviceFor(code: number): string {
  if (code === 404) {
    const found = orderNumber === EXAMPLE ? `${EXAMPLE} is an example. ` : "";
    return (
      `${found}Order merchandise first; its number is on ${gateway}/orders, and in the answer of PlaceOrder in GraphiQL. ` +
      "Lines with vouchers have no shipment."
    );
  }
  if (code === 401) return "Give this command the same DATA_DIR or WEBHOOK_SECRET as the gateway.";
  return "Correct the report and send it again.";
}
