import { Agent, request } from "undici";
import type { Clock } from "../platform/clock.ts";
import { publicOnly } from "../platform/public-address.ts";
import { sign } from "../platform/webhook-signature.ts";
import { bodyOf } from "./message-body.ts";
import type { Message } from "./webhook.store.ts";
import { urlProblem } from "./webhook-problems.ts";

/** The result of an attempt. `error` is null if the receiver has confirmed the message. */
export interface Attempted {
  status: number | null;
  error: string | null;
}

export type Secrets = [current: string, ...last: string[]];

export interface PostMessage {
  /**
   * Never throws. A redirect is an error, because its target is unchecked.
   *
   * @param to.secrets each of them signs the body, the current one first
   */
  post(to: { url: string; secrets: Secrets }, message: Message): Promise<Attempted>;
  close(): Promise<void>;
}

const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_ERROR = 500;

export function makePostMessage(options: { mayBePrivate: boolean; timeoutMs: number; clock: Clock }): PostMessage {
  const { mayBePrivate, timeoutMs, clock } = options;
  const agent = new Agent({
    maxResponseSize: MAX_ANSWER_BYTES,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: timeoutMs, ...(!mayBePrivate && { lookup: publicOnly }) },
  });
  return {
    async post({ url, secrets: [current, ...last] }, message) {
      const problem = urlProblem(url, mayBePrivate);
      if (problem !== null) return { status: null, error: `The address ${problem}.` };
      const body = bodyOf(message);
      try {
        const answer = await request(url, {
          dispatcher: agent,
          method: "POST",
          headers: {
            "content-type": "application/json",
            "user-agent": "Tessera-Webhooks/1",
            "x-tessera-delivery": message.id,
            "x-tessera-event": message.type,
            "x-tessera-attempt": String(message.attempts + 1),
            "x-tessera-signature": sign(body, current, clock.now(), ...last),
          },
          body,
          signal: AbortSignal.timeout(timeoutMs),
        });
        const { statusCode: status } = answer;
        await answer.body.dump({ limit: MAX_ANSWER_BYTES });
        return { status, error: status >= 200 && status < 300 ? null : `The receiver answered HTTP ${status}.` };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return { status: null, error: `The receiver did not answer: ${reason}`.slice(0, MAX_ERROR) };
      }
    },
    close: () => agent.close(),
  };
}
