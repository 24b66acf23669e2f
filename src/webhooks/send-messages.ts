import type { Metrics } from "../observability/metrics.ts";
import { backoffMs } from "../platform/backoff.ts";
import type { Cipher } from "../platform/cipher.ts";
import type { Clock } from "../platform/clock.ts";
import type { AtCrashPoint } from "../platform/crash-point.ts";
import { type Db, inTransaction, Prisma } from "../platform/db.ts";
import type { WebhookMessageState } from "../platform/generated/prisma/enums.ts";
import type { Job, JobType } from "../platform/jobs/job.ts";
import type { Logger } from "../platform/logger.ts";
import type { Attempted, PostMessage, Secrets } from "./post-message.ts";
import { type Message, webhookTopic } from "./webhook.store.ts";

export interface SendMessagesDeps {
  db: Db;
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
  attempts: number;
  state: WebhookMessageState;
  /** Until the next attempt. */
  pauseMs: number;
}
type Webhook = Prisma.WebhookGetPayload<object>;
type StoredSecrets = Pick<Webhook, "id" | "secret" | "lastSecret" | "lastSecretUntil">;

/** The outcome of an attempt for metrics, by the resulting state. */
const outcomes = { DELIVERED: "delivered", PENDING: "retried", FAILED: "given_up" } as const;
/** The number of concurrent requests to one receiver. */
const CONCURRENCY = 32;
/** The number of pending messages that are read to find the next of each subject. */
const WINDOW = 1_000;
const MOST_RETRY_MS = 3_600_000;
/** Attempts over three days, with the default pauses. */
const MAX_ATTEMPTS = 80;

/**
 * The job that sends the messages of an active webhook: batches until none is due, then a pause. The lease makes one process
 * its sender, and a batch has only the oldest message of each subject, which preserves their order. If the sender dies
 * before the answer is recorded, the message is sent again, with the same id.
 */
export function sendMessagesJob(deps: SendMessagesDeps): JobType<{ webhookId: string }> {
  const { db, cipher, post, pace, clock, metrics, atCrashPoint, log } = deps;
  return {
    name: "send-webhook",
    async run({ webhookId }, _, job) {
      const pauseFor = (inMs: number) => ({ inMs, memory: undefined, wakeOn: webhookTopic(webhookId) });
      // The webhook is read before each batch, because an operator may have changed or deleted it.
      while (!job.shouldYield) {
        const webhook = await db.webhook.findUnique({ where: { id: webhookId } });
        if (!webhook?.active) return "done";
        const { due, nextInMs } = await readDue(db, webhookId);
        if (due.length === 0) return pauseFor(Math.min(pace.pollMs, nextInMs ?? pace.pollMs));
        await sendBatch(webhook, due, job);
      }
      return pauseFor(0);
    },
  };

  async function sendBatch(webhook: Webhook, due: readonly Message[], job: Job): Promise<void> {
    const { url } = webhook;
    const secrets = secretsOf(webhook);
    atCrashPoint("webhook:read");
    const attempted = await Promise.all(
      due.map(async (message) => {
        const answer = secrets
          ? await post({ url, secrets }, message)
          : { status: null, error: "The secret cannot be decrypted. Make a new one by rotateWebhookSecret." };
        if (answer.error === null) atCrashPoint("webhook:answered");
        return resultOf(message, answer);
      }),
    );
    await inTransaction(db, async (tx) => {
      await job.hold(tx);
      await tx.$executeRaw(recording(attempted));
    });
    atCrashPoint("webhook:recorded");
    for (const { state } of attempted) metrics?.webhookSent({ webhook: webhook.name, outcome: outcomes[state] });
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

  function resultOf(message: Message, { status, error }: Attempted): SendResult {
    const attempts = message.attempts + 1;
    const isLast = attempts >= MAX_ATTEMPTS;
    const state = error === null ? "DELIVERED" : isLast ? "FAILED" : "PENDING";
    // The random part spreads the retries, both of several receivers and after one outage.
    const pauseMs = backoffMs(pace.firstRetryMs, message.attempts, MOST_RETRY_MS) * (0.75 + Math.random() / 2);
    return { id: message.id, attempts, state, status, error, pauseMs };
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

/** The oldest due message of each subject, and the time until the next one. */
async function readDue(db: Db, webhookId: string): Promise<{ due: Message[]; nextInMs: number | null }> {
  const heads = await db.$queryRaw<(Message & { inMs: number })[]>`
    select id, seq, webhook_id as "webhookId", type, subject, customer_id as "customerId", data, at, state, attempts,
      due_at as "dueAt", last_status as "lastStatus", last_error as "lastError", delivered_at as "deliveredAt",
      created_at as "createdAt", greatest(extract(epoch from due_at - now()) * 1000, 0)::float8 as "inMs"
    from (
      select distinct on (subject) * from (
        select * from webhook_messages where webhook_id = ${webhookId}::uuid and state = 'PENDING' order by seq limit ${WINDOW}
      ) pending order by subject, seq
    ) head
    order by due_at > now(), seq limit ${CONCURRENCY + 1}`;
  const due = heads.filter(({ inMs }) => inMs === 0).slice(0, CONCURRENCY);
  const later = heads.filter(({ inMs }) => inMs > 0).map(({ inMs }) => inMs);
  return { due, nextInMs: later.length > 0 ? Math.min(...later) : null };
}
