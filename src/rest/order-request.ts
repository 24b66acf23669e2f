import { z } from "zod";
import { MAX_LINES, MAX_QUANTITY } from "../cart/index.ts";
import { readJsonText } from "../platform/json-text.ts";
import type { RestProblem } from "./problem.ts";

const ORDER_ID = /^[\x21-\x7e]{1,64}$/;
export const ORDER_ID_RULE = "must have 1 to 64 visible ASCII characters and no blanks";
/** The largest sum that a JSON number carries exactly. */
const MAX_POINTS = Number.MAX_SAFE_INTEGER;

export const orderIdShape = z.string().regex(ORDER_ID, ORDER_ID_RULE);

const orderShape = z.object({
  /** The documentation specifies no format, so the field is only required. */
  order_timestamp: z.union([z.string().min(1).max(64), z.number()]),
  order_total: z.number().int().min(0).max(MAX_POINTS),
  order_items: z.number().int().min(1),
  line_items: z
    .array(
      z.object({
        order_id: orderIdShape,
        SKU: z.string().min(1).max(200),
        qty: z.number().int().min(1).max(MAX_QUANTITY),
      }),
    )
    .min(1)
    .max(MAX_LINES),
  shipping_address: z.unknown().optional(),
});

export interface OrderRequest {
  orderId: string;
  total: number;
  /** The lines, each with a different SKU. */
  lines: { sku: string; quantity: number; field: string }[];
  shippingAddress: unknown;
}

/** Parses the body of `POST /api/v1/orders`, or returns the problem of each field. */
export function readOrderRequest(rawBody: Buffer): OrderRequest | RestProblem[] {
  const json = readJsonText(rawBody.toString("utf8"));
  if ("fault" in json) return [{ field: json.fault.path || "body", message: json.fault.problem }];
  if (json.value === undefined) return [{ field: "body", message: "is not JSON" }];
  const parsed = orderShape.safeParse(json.value);
  if (!parsed.success) {
    return parsed.error.issues.map(({ path, message }) => ({ field: path.join(".") || "body", message }));
  }
  const { order_total: total, order_items: items, line_items: given, shipping_address: shippingAddress } = parsed.data;
  const [first] = given;
  const orderId = first?.order_id ?? "";
  const problems: RestProblem[] = [];
  const lines = new Map<string, OrderRequest["lines"][number]>();
  for (const [index, { order_id, SKU: sku, qty }] of given.entries()) {
    const field = `line_items.${index}`;
    if (order_id !== orderId) {
      problems.push({ field: `${field}.order_id`, message: `must be the order_id of every line, which is ${orderId}` });
    }
    const line = lines.get(sku);
    if (line) line.quantity += qty;
    else lines.set(sku, { sku, quantity: qty, field: `${field}.SKU` });
    if ((line?.quantity ?? 0) > MAX_QUANTITY) {
      problems.push({ field: `${field}.qty`, message: `the lines of ${sku} have more than ${MAX_QUANTITY} units` });
    }
  }
  const units = given.reduce((sum, { qty }) => sum + qty, 0);
  if (items !== given.length && items !== units) {
    const counts = given.length === units ? `${units}` : `${given.length} lines or ${units} units`;
    problems.push({ field: "order_items", message: `must count the items, which are ${counts}` });
  }
  return problems.length > 0 ? problems : { orderId, total, lines: [...lines.values()], shippingAddress };
}
