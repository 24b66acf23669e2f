import { createHmac } from "node:crypto";

/**
 * The `X-Tessera-Signature` header for a body: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`.
 *
 * @param others further secrets to sign the body with, each as another `v1`
 */
export function sign(rawBody: Buffer | string, secret: string, at: Date, ...others: string[]): string {
  const t = Math.floor(at.getTime() / 1_000);
  const signed = (key: string) => `v1=${createHmac("sha256", key).update(`${t}.`).update(rawBody).digest("hex")}`;
  return [`t=${t}`, ...[secret, ...others].map(signed)].join(",");
}
