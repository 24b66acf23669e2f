import type { Config } from "../config/config.ts";
import type { Metrics } from "../observability/metrics.ts";
import { makeCipher } from "../platform/cipher.ts";
import type { Clock } from "../platform/clock.ts";
import type { AtCrashPoint } from "../platform/crash-point.ts";
import type { Db } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import type { JobQueue } from "../platform/jobs/job.ts";
import type { Logger } from "../platform/logger.ts";
import { makePostMessage } from "./post-message.ts";
import { sendMessagesJob } from "./send-messages.ts";
import { makeWebhookStore } from "./webhook.store.ts";
import { webhookResolvers } from "./webhooks.resolvers.ts";

export { urlProblem } from "./webhook-problems.ts";

export interface WebhookPorts {
  config: Config;
  db: Db;
  bus: Bus;
  clock: Clock;
  log: Logger;
  jobs: JobQueue;
  metrics?: Metrics | undefined;
  atCrashPoint: AtCrashPoint;
  pace: { webhooks: { pollMs: number; firstRetryMs: number } };
}

/** Events for other systems: webhooks, the outbox and the sender. */
export function openWebhooks(ports: WebhookPorts) {
  const { config, db, bus, clock, log, jobs, metrics, atCrashPoint, pace } = ports;
  const { webhooksToPrivateAddresses: mayBePrivate, upstreamTimeoutMs: timeoutMs } = config;
  const cipher = makeCipher(config.voucherSecrets, "webhook");
  const sender = makePostMessage({ mayBePrivate, timeoutMs, clock });
  const sending = sendMessagesJob({
    ...{ db, bus, cipher, clock, metrics, atCrashPoint, log },
    post: sender.post,
    pace: pace.webhooks,
  });
  jobs.register(sending);
  const addSending: Parameters<typeof makeWebhookStore>[0]["addSending"] = (tx, webhookId) =>
    jobs.add(tx, sending, `webhook:${webhookId}`, { webhookId });
  const webhooks = makeWebhookStore({ db, bus, clock, cipher, mayBePrivate, addSending });
  return {
    resolvers: webhookResolvers({ db, clock, webhooks }),
    /** Inserts missing jobs of active webhooks, for example after an activation while the last job was ending. */
    async reconcile() {
      await db.$executeRaw`
        insert into jobs (id, type, input) select 'webhook:' || id, ${sending.name}, jsonb_build_object('webhookId', id)
        from webhooks where active on conflict (id) do nothing`;
    },
    close: () => sender.close(),
  };
}
