import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { isRefused } from "../domain/refusal.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, violates } from "../platform/db.ts";
import { readJsonText } from "../platform/json-text.ts";
import { sign } from "../platform/webhook-signature.ts";
import { isInFuture, MAX_REPORT_TEXT, type ReportOutcome, type UpdateShipment } from "./update-shipment.ts";

/** The tolerated clock difference of the signer, which also limits the replay of a captured request. */
const TOLERANCE_SECONDS = 5 * 60;

/** Excludes moments that no report can have and that PostgreSQL might not store. */
const EARLIEST = new Date("2000-01-01T00:00:00Z");
/** A limit far above the lines of any order. */
const MAX_LINE = 10_000;

const text = (maxLength: number) => z.string().min(1).max(maxLength);

const reportSchema = z.object({
  id: text(200),
  type: z.literal("shipment.updated"),
  occurredAt: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .refine((at) => at >= EARLIEST, { error: "is too long ago" }),
  data: z.object({
    orderNumber: text(64),
    /** 1 is the order's first line. */
    line: z.number().int().min(1).max(MAX_LINE),
    status: z.enum(["SHIPPED", "DELIVERED", "RETURNED", "LOST", "REJECTED"]),
    carrier: text(MAX_REPORT_TEXT).nullish(),
    trackingNumber: text(MAX_REPORT_TEXT).nullish(),
  }),
});

export interface WebhookAnswer {
  status: number;
  body: { outcome: ReportOutcome | "duplicate" } | { error: string };
}

export type ReceiveReport = (input: { signature: string | undefined; rawBody: Buffer }) => Promise<WebhookAnswer>;

export interface ReceiveReportDeps {
  db: Db;
  updateShipment: UpdateShipment;
  clock: Clock;
  /** The valid secrets: a report may be signed with any of them. */
  secrets: readonly string[];
}

/** Receives the warehouse's reports, signed over their raw bytes. Repeated, late and reordered reports are harmless. */
export function makeReceiveReport({ db, updateShipment, clock, secrets }: ReceiveReportDeps): ReceiveReport {
  const problem = (status: number, error: string): WebhookAnswer => ({ status, body: { error } });

  return async ({ signature, rawBody }) => {
    const now = clock.now();
    const invalid = signatureProblem(signature, rawBody, secrets, now);
    if (invalid) return problem(401, invalid);
    const parsed = parseReport(rawBody);
    if (typeof parsed === "string") return problem(400, parsed);
    const { id, occurredAt, data } = parsed;
    if (isInFuture(occurredAt, now)) return problem(400, "occurredAt: is in the future");

    const bodyHash = new Uint8Array(createHash("sha256").update(rawBody).digest());
    const known = await db.webhookDelivery.findUnique({ where: { id } });
    if (known) return repetition(known.bodyHash, bodyHash);

    const line = await db.orderLine.findFirst({
      where: { position: data.line, order: { number: data.orderNumber }, shipment: { isNot: null } },
    });
    // Not recorded: the order may arrive after the report, and the sender can retry.
    const unknown = problem(404, `data: order ${data.orderNumber} has no shipment of line ${data.line}`);
    if (!line) return unknown;

    try {
      const { status, carrier = null, trackingNumber = null } = data;
      const { orderId, id: lineId } = line;
      const report = { orderId, lineId, status, carrier, trackingNumber, occurredAt, operatorId: null };
      const answer = await updateShipment(report, async ({ tx }, outcome) => {
        await tx.webhookDelivery.create({ data: { id, bodyHash, outcome, receivedAt: now } });
      });
      return isRefused(answer) ? unknown : { status: 200, body: answer };
    } catch (error) {
      if (!violates(error, "webhook_deliveries_pkey") && !violates(error, "WebhookDelivery")) throw error;
      const twin = await db.webhookDelivery.findUniqueOrThrow({ where: { id } });
      return repetition(twin.bodyHash, bodyHash);
    }
  };

  function repetition(first: Uint8Array, now: Uint8Array): WebhookAnswer {
    return Buffer.from(first).equals(now)
      ? { status: 200, body: { outcome: "duplicate" } }
      : problem(409, "id: was used for another report");
  }
}

function signatureProblem(
  header: string | undefined,
  rawBody: Buffer,
  secrets: readonly string[],
  now: Date,
): string | null {
  const match = header?.match(/^t=(\d{1,12}),v1=([0-9a-f]{64})$/);
  if (!match) return "X-Tessera-Signature: must be t=<unix seconds>,v1=<hex HMAC-SHA256>";
  const at = new Date(Number(match[1]) * 1_000);
  const isSignedWith = (secret: string) =>
    timingSafeEqual(Buffer.from(header ?? ""), Buffer.from(sign(rawBody, secret, at)));
  if (!secrets.some(isSignedWith)) return "X-Tessera-Signature: does not match the body";
  const isTimely = Math.abs(now.getTime() - at.getTime()) <= TOLERANCE_SECONDS * 1_000;
  return isTimely ? null : "X-Tessera-Signature: t is too long ago or ahead";
}

function parseReport(rawBody: Buffer): z.infer<typeof reportSchema> | string {
  const json = readJsonText(rawBody.toString("utf8"));
  if ("fault" in json) return `${json.fault.path || "body"}: ${json.fault.problem}`;
  if (json.value === undefined) return "body: is not JSON";
  const parsed = reportSchema.safeParse(json.value);
  if (parsed.success) return parsed.data;
  return parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`).join("; ");
}
