import { setTimeout as delay } from "node:timers/promises";
import type { Metrics } from "../observability/metrics.ts";
import { spreadBackoffMs } from "../platform/backoff.ts";
import type { Cipher } from "../platform/cipher.ts";
import type { Clock } from "../platform/clock.ts";
import type { AtCrashPoint } from "../platform/crash-point.ts";
import { type Db, inTransaction, Prisma } from "../platform/db.ts";
import { type Bus, listen } from "../platform/events.ts";
import type { WebhookMessageState } from "../platform/generated/prisma/enums.ts";
import type { Job, JobType } from "../platform/jobs/job.ts";
import type { Logger } from "../platform/logger.ts";
import type { Attempted, PostMessage, Secrets } from "./post-message.ts";
import { type Message, webhookTopic } from "./webhook.store.ts";

export interface SendMessagesDeps {
  db: Db;
  bus: Bus;
  cipher: Cipher;
  post: PostMessage["post"];
  pace: { pollMs: number; firstRetryMs: number };
  clock: Clock;
  metrics?: Metrics | undefined;
  atCrashPoint: AtCrashPoint;
  log: Logger;
}

/** An attempt, as recorded. */
interface SendResult extends Attempted {
  id: string;
  /** The name of the webhook. */
  webhook: string;
  attempts: number;
  state: WebhookMessageState;
  /** Until the next attempt. */
  pauseMs: number;
}
type Webhook = Prisma.WebhookGetPayload<object>;
interface Receiver {
  webhook: Webhook;
  secrets: Secrets | null;
}
type StoredSecrets = Pick<Webhook, "id" | "secret" | "lastSecret" | "lastSecretUntil">;

/** The outcome of an attempt for metrics, by the resulting state. */
const outcomes = { DELIVERED: "delivered", PENDING: "retried", FAILED: "given_up" } as const;
/** The number of concurrent requests to one receiver. */
const CONCURRENCY = 32;
/** Answers that arrive within this time are recorded in one transaction, which costs a third of the CPU of one for each. */
const TOGETHER_MS = 25;
/** The number of pending messages that are read to find the next of each subject. */
const WINDOW = 1_000;
const MAX_RETRY_MS = 3_600_000;
/** Attempts over three days, with the default pauses. */
const MAX_ATTEMPTS = 80;

/**
 * The job that sends the messages of an active webhook until none is due, then pauses. Up to 32 requests are open at
 * once: as one is answered the next is sent, so that a slow answer delays only its own subject. The lease makes one
 * process the sender, and only the oldest message of each subject is sent, which preserves their order. If the sender
 * dies before the answer is recorded, the message is sent again, with the same id.
 */
export function sendMessagesJob(deps: SendMessagesDeps): JobType<{ webhookId: string }> {
  const { db, bus, cipher, post, pace, clock, metrics, atCrashPoint, log } = deps;
  return {
    name: "send-webhook",
    async run({ webhookId }, _, job) {
      const topic = webhookTopic(webhookId);
      using changes = listen(bus, topic);
      /** Messages that are to be sent next, read ahead, so that each answer starts a request at once. */
      let ready: Message[] = [];
      const open = new Map<string, Promise<void>>();
      const answered: SendResult[] = [];
      let receiver: Receiver | undefined;
      const fill = () => {
        const to = receiver;
        if (!to) return;
        for (const message of ready.splice(0, CONCURRENCY - open.size)) {
          const sending = attempt(to, message).then((result) => {
            open.delete(message.id);
            answered.push(result);
            changes.wake();
            fill();
          });
          open.set(message.id, sending);
        }
      };
      try {
        for (;;) {
          const results = answered.splice(0);
          if (results.length > 0) await record(results, job);
          // The webhook is read each time, because an operator may have changed or deleted it.
          const webhook = job.shouldYield ? null : await db.webhook.findUnique({ where: { id: webhookId } });
          let waitMs: number | null = null;
          if (webhook?.active) {
            const without = [...open.keys(), ...[...ready, ...answered].map(({ id }) => id)];
            const limit = 2 * CONCURRENCY - open.size - ready.length;
            const { due, nextInMs } = await readDue(db, webhookId, { limit, without });
            if (due.length > 0) atCrashPoint("webhook:read");
            ready.push(...due);
            if (ready.length > 0) receiver = { webhook, secrets: secretsOf(webhook) };
            fill();
            if (due.length < limit) waitMs = Math.min(pace.pollMs, nextInMs ?? pace.pollMs);
          } else ready = [];
          if (open.size === 0 && answered.length === 0) {
            if (job.shouldYield) return { inMs: 0, memory: undefined, wakeOn: topic };
            if (!webhook?.active) return "done";
            return { inMs: waitMs ?? 0, memory: undefined, wakeOn: topic };
          }
          await changes.wait(waitMs);
          if (open.size > 0) await delay(TOGETHER_MS);
        }
      } finally {
        ready = [];
        while (open.size > 0) await Promise.all(open.values());
      }
    },
  };

  async function attempt({ webhook, secrets }: Receiver, message: Message): Promise<SendResult> {
    const answer = secrets
      ? await post({ url: webhook.url, secrets }, message)
      : { status: null, error: "The secret cannot be decrypted. Make a new one by rotateWebhookSecret." };
    if (answer.error === null) atCrashPoint("webhook:answered");
    return resultOf(webhook, message, answer);
  }

  async function record(results: readonly SendResult[], job: Job): Promise<void> {
    await inTransaction(db, async (tx) => {
      await job.hold(tx);
      await tx.$executeRaw(recording(results));
    });
    atCrashPoint("webhook:recorded");
    for (const { webhook, state } of results) metrics?.webhookSent({ webhook, outcome: outcomes[state] });
  }

  /** @returns the secrets for signing, or null if one of them cannot be decrypted */
  function secretsOf({ id, secret, lastSecret, lastSecretUntil }: StoredSecrets): Secrets | null {
    try {
      const current = cipher.decrypt(secret, id);
      const signsWithLast = lastSecret && lastSecretUntil && lastSecretUntil > clock.now();
      return signsWithLast ? [current, cipher.decrypt(lastSecret, id)] : [current];
    } catch (error) {
      log.error({ err: error, webhook: id }, "The secret of a webhook cannot be decrypted");
      return null;
    }
  }

  function resultOf(webhook: Webhook, message: Message, { status, error }: Attempted): SendResult {
    const attempts = message.attempts + 1;
    const isLast = attempts >= MAX_ATTEMPTS;
    const state = error === null ? "DELIVERED" : isLast ? "FAILED" : "PENDING";
    const pauseMs = spreadBackoffMs(pace.firstRetryMs, message.attempts, MAX_RETRY_MS);
    return { id: message.id, webhook: webhook.name, attempts, state, status, error, pauseMs };
  }

  function recording(rows: readonly SendResult[]) {
    return Prisma.sql`
      update webhook_messages m set state = a.state, attempts = a.attempts, last_status = a.status, last_error = a.error,
        delivered_at = case a.state when 'DELIVERED' then now() end, due_at = now() + a."pauseMs" * interval '1 ms'
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as a (id uuid, attempts int, state webhook_message_state,
        status int, error text, "pauseMs" float8)
      where m.id = a.id and m.state = 'PENDING'`;
  }
}

/**
 * The oldest due message of each subject, and the time until the next one.
 *
 * @param which.without the ids of messages in open requests: their subjects are left out
 */
async function readDue(
  db: Db,
  webhookId: string,
  { limit, without }: { limit: number; without: readonly string[] },
): Promise<{ due: Message[]; nextInMs: number | null }> {
  const heads = await db.$queryRaw<(Message & { inMs: number })[]>`
    select id, seq, webhook_id as "webhookId", type, subject, customer_id as "customerId", data, at, state, attempts,
      due_at as "dueAt", last_status as "lastStatus", last_error as "lastError", delivered_at as "deliveredAt",
      created_at as "createdAt", greatest(extract(epoch from due_at - now()) * 1000, 0)::float8 as "inMs"
    from (
      select distinct on (subject) * from (
        select * from webhook_messages where webhook_id = ${webhookId}::uuid and state = 'PENDING' order by seq limit ${WINDOW}
      ) pending order by subject, seq
    ) head
    where id <> all(${without}::uuid[])
    order by due_at > now(), seq limit ${limit + 1}`;
  const due = heads.filter(({ inMs }) => inMs === 0).slice(0, limit);
  const later = heads.filter(({ inMs }) => inMs > 0).map(({ inMs }) => inMs);
  return { due, nextInMs: later.length > 0 ? Math.min(...later) : null };
}
