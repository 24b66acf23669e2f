import type { Metrics } from "../observability/metrics.ts";
import { spreadBackoffMs } from "../platform/backoff.ts";
import type { Cipher } from "../platform/cipher.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, Prisma } from "../platform/db.ts";
import type { Job, JobType } from "../platform/jobs/job.ts";
import type { Logger } from "../platform/logger.ts";
import type { PostPush, PushAnswer, PushTarget } from "./post-push.ts";
import { type PushFacts, type PushKind, pushBody } from "./push-texts.ts";

export interface SendPushDeps {
  db: Db;
  cipher: Cipher;
  /** Undefined if the gateway sends no notifications. */
  post: PostPush["post"] | undefined;
  services: readonly string[];
  pace: { pollMs: number; firstRetryMs: number };
  clock: Clock;
  metrics?: Metrics | undefined;
  log: Logger;
}

interface DueMessage {
  id: bigint;
  subscriptionId: string;
  kind: PushKind;
  subject: string;
  facts: PushFacts;
  attempts: number;
  isOld: boolean;
  sealed: Uint8Array;
  language: string;
  /** Whether the session of the subscription has expired. */
  isOver: boolean;
}

/** The number of concurrent requests to one push service. */
const CONCURRENCY = 32;
/** The number of due messages that are read to find the next of each subscription. */
const WINDOW = 500;
const MAX_RETRY_MS = 3_600_000;
const MAX_ATTEMPTS = 12;
/** An older message is not sent: its reader knows the outcome by now. */
const MAX_AGE_HOURS = 24;

/**
 * The job that sends the notifications of one push service: batches until none is due, then a pause. Each service has a
 * job of its own, so a slow one delays no other. A batch has only the oldest message of each subscription. If the sender
 * dies before the answer is recorded, the message is sent again: its topic and its tag let it replace the first one.
 */
export function sendPushJob(deps: SendPushDeps): JobType<{ service: string }> {
  const { db, cipher, post, services, pace, clock, metrics, log } = deps;
  return {
    name: "send-push",
    async run({ service }, _, job) {
      if (!post || !services.includes(service)) return "done";
      while (!job.shouldYield) {
        const due = await readDue(db, service, clock.now());
        if (due.length > 0) await sendBatch(service, due, post, job);
        else if (!(await db.pushSubscription.findFirst({ where: { service }, select: { id: true } }))) return "done";
        else return { inMs: pace.pollMs, memory: undefined };
      }
      return { inMs: 0, memory: undefined };
    },
  };

  async function sendBatch(
    service: string,
    due: readonly DueMessage[],
    send: PostPush["post"],
    job: Job,
  ): Promise<void> {
    const results = await Promise.all(due.map(async (message) => ({ message, answer: await answerTo(message, send) })));
    const retries = results.flatMap(({ message: { id, attempts }, answer }) =>
      answer.outcome === "retry" && attempts + 1 < MAX_ATTEMPTS
        ? [{ id: String(id), pauseMs: pauseMs(attempts, answer.afterMs) }]
        : [],
    );
    const again = new Set(retries.map(({ id }) => id));
    const ended = due.map(({ id }) => String(id)).filter((id) => !again.has(id));
    const gone = results.filter(({ answer }) => answer.outcome === "gone").map(({ message }) => message.subscriptionId);
    await inTransaction(db, async (tx) => {
      await job.hold(tx);
      await tx.$executeRaw`
        update push_messages m set attempts = attempts + 1, due_at = now() + a."pauseMs" * interval '1 ms'
        from jsonb_to_recordset(${JSON.stringify(retries)}::jsonb) as a (id bigint, "pauseMs" float8) where m.id = a.id`;
      await tx.$executeRaw`delete from push_messages where id = any(${ended}::bigint[])`;
      await tx.$executeRaw`delete from push_subscriptions where id = any(${gone}::uuid[])`;
    });
    for (const { message, answer } of results) {
      const isAgain = again.has(String(message.id));
      const outcome = answer.outcome === "retry" ? (isAgain ? "retried" : "given_up") : answer.outcome;
      metrics?.pushSent({ service, outcome });
      if ("reason" in answer && !isAgain) log.warn({ service, reason: answer.reason }, "A notification was not sent");
    }
  }

  async function answerTo(message: DueMessage, send: PostPush["post"]): Promise<PushAnswer> {
    const { kind, subject, facts, language, isOver, isOld } = message;
    if (isOver) return { outcome: "gone" };
    if (isOld) return { outcome: "refused", reason: `older than ${MAX_AGE_HOURS} hours` };
    const target = targetOf(message);
    return target ? send(target, { body: pushBody(kind, subject, facts, language), subject }) : { outcome: "gone" };
  }

  /** Null if the subscription cannot be decrypted: its browser has to subscribe again. */
  function targetOf({ sealed, subscriptionId }: DueMessage): PushTarget | null {
    try {
      return JSON.parse(cipher.decrypt(sealed, subscriptionId)) as PushTarget;
    } catch (error) {
      log.error({ err: error, subscription: subscriptionId }, "A push subscription cannot be decrypted and is deleted");
      return null;
    }
  }

  function pauseMs(attempts: number, afterMs: number): number {
    return Math.max(afterMs, spreadBackoffMs(pace.firstRetryMs, attempts, MAX_RETRY_MS));
  }
}

/** The oldest due message of each subscription, those that are due for longest first. */
function readDue(db: Db, service: string, now: Date): Promise<DueMessage[]> {
  return db.$queryRaw(Prisma.sql`
    select head.id, head.subscription_id as "subscriptionId", head.kind, head.subject, head.facts, head.attempts,
      head.created_at < now() - ${MAX_AGE_HOURS} * interval '1 hour' as "isOld", s.sealed, s.language,
      sessions.expires_at <= ${now} as "isOver"
    from (
      select distinct on (subscription_id) * from (
        select * from push_messages where service = ${service} and due_at <= now() order by due_at, id limit ${WINDOW}
      ) due order by subscription_id, id
    ) head
    join push_subscriptions s on s.id = head.subscription_id join sessions on sessions.id = s.session_id
    order by head.due_at, head.id limit ${CONCURRENCY}`);
}
