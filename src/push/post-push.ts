import { createHash } from "node:crypto";
import { Agent, request } from "undici";
import { publicOnly } from "../platform/public-address.ts";

/** The address and the keys of a browser's subscription, as the browser encodes them. */
export interface PushTarget {
  endpoint: string;
  p256dh: string;
  auth: string;
}

export interface PushMessage {
  body: string;
  /** A later message about the subject replaces an earlier one that the push service has not delivered yet. */
  subject: string;
}

/** `retry` means that the same message may succeed later, `gone` that the browser's subscription has ended. */
export type PushAnswer =
  | { outcome: "delivered" | "gone" }
  | { outcome: "refused"; reason: string }
  | { outcome: "retry"; reason: string; afterMs: number };

export interface VapidKeys {
  publicKey: string;
  privateKey: string;
  /** An `https:` or `mailto:` URL, by which a push service can reach the operator. */
  subject: string;
}

export interface PostPush {
  /** Never throws. A redirect is a refusal, because its target is unchecked. */
  post(target: PushTarget, message: PushMessage): Promise<PushAnswer>;
  close(): Promise<void>;
}

const MAX_ANSWER_BYTES = 16 * 1024;
/** How long a push service keeps a message for a browser that is offline. */
const TTL_SECONDS = 86_400;
const MAX_RETRY_AFTER_S = 3_600;
/** A push service takes a token of up to 24 hours; signing one costs more than all else of a message. */
const TOKEN_MS = 6 * 3_600_000;
const MAX_TOKENS = 100;

/** Sends messages by RFC 8030, encrypted by RFC 8291 and signed by RFC 8292. */
export function makePostPush(options: { vapid: VapidKeys; mayBePrivate: boolean; timeoutMs: number }): PostPush {
  const { vapid, mayBePrivate, timeoutMs } = options;
  const agent = new Agent({
    maxResponseSize: MAX_ANSWER_BYTES,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: timeoutMs, ...(!mayBePrivate && { lookup: publicOnly }) },
  });
  const tokens = new Map<string, { authorization: string; until: number }>();
  // Loaded with the first message, because most processes send none.
  let library: Promise<typeof import("web-push")> | undefined;
  const load = () => {
    library ??= import("web-push").then((loaded) => loaded.default ?? loaded);
    return library;
  };

  async function authorizationFor(origin: string): Promise<string> {
    const known = tokens.get(origin);
    if (known && known.until > Date.now()) return known.authorization;
    const { getVapidHeaders } = await load();
    const { subject, publicKey, privateKey } = vapid;
    const { Authorization } = getVapidHeaders(origin, subject, publicKey, privateKey, "aes128gcm");
    if (tokens.size >= MAX_TOKENS) tokens.clear();
    tokens.set(origin, { authorization: Authorization, until: Date.now() + TOKEN_MS });
    return Authorization;
  }

  return {
    async post({ endpoint, p256dh, auth }, { body, subject }) {
      try {
        const { generateRequestDetails } = await load();
        const { headers, body: encrypted } = generateRequestDetails({ endpoint, keys: { p256dh, auth } }, body, {
          TTL: TTL_SECONDS,
          urgency: "normal",
          topic: createHash("sha256").update(subject).digest("base64url").slice(0, 32),
        });
        const answer = await request(endpoint, {
          dispatcher: agent,
          method: "POST",
          headers: {
            ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
            authorization: await authorizationFor(new URL(endpoint).origin),
          },
          body: encrypted,
          signal: AbortSignal.timeout(timeoutMs),
        });
        await answer.body.dump({ limit: MAX_ANSWER_BYTES });
        return answerOf(answer.statusCode, answer.headers["retry-after"]);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return { outcome: "retry", reason: `no answer: ${reason}`, afterMs: 0 };
      }
    },
    close: () => agent.close(),
  };
}

function answerOf(status: number, retryAfter: string | string[] | undefined): PushAnswer {
  if (status >= 200 && status < 300) return { outcome: "delivered" };
  if (status === 404 || status === 410) return { outcome: "gone" };
  const reason = `HTTP ${status}`;
  if (status !== 429 && status < 500) return { outcome: "refused", reason };
  const seconds = /^\d{1,6}$/.test(String(retryAfter)) ? Math.min(Number(retryAfter), MAX_RETRY_AFTER_S) : 0;
  return { outcome: "retry", reason, afterMs: seconds * 1_000 };
}
