import type { Config } from "../config/config.ts";
import type { Metrics } from "../observability/metrics.ts";
import { type Cipher, makeCipher, type RotatedSecret } from "../platform/cipher.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import type { JobQueue } from "../platform/jobs/job.ts";
import type { Logger } from "../platform/logger.ts";
import { makePostPush } from "./post-push.ts";
import { pushResolvers } from "./push.resolvers.ts";
import { makePushSubscriptions } from "./push-subscriptions.ts";
import { sendPushJob } from "./send-push.ts";

/** Encrypts the addresses and keys of browsers, by the id of the subscription. */
export const pushCipher = (sessionSecrets: RotatedSecret): Cipher => makeCipher(sessionSecrets, "push-subscription");

export interface PushPorts {
  config: Config;
  db: Db;
  clock: Clock;
  log: Logger;
  jobs: JobQueue;
  metrics?: Metrics | undefined;
  pace: { push: { pollMs: number; firstRetryMs: number } };
}

/** Notifications of customers in their browsers (Web Push): subscriptions, the outbox and the senders. */
export function openPush({ config, db, clock, log, jobs, metrics, pace }: PushPorts) {
  const { push, webhooksToPrivateAddresses: mayBePrivate, upstreamTimeoutMs: timeoutMs } = config;
  const cipher = pushCipher(config.sessionSecrets);
  const sender = push && makePostPush({ vapid: push, mayBePrivate, timeoutMs });
  const services = push?.services ?? [];
  const sending = sendPushJob({
    ...{ db, cipher, clock, metrics, log, services },
    post: sender?.post,
    pace: pace.push,
  });
  jobs.register(sending);
  const subscriptions = makePushSubscriptions({
    ...{ db, clock, cipher, mayBePrivate, services: push?.services },
    addSending: (tx, service) => jobs.add(tx, sending, `push:${service}`, { service }),
  });
  return {
    resolvers: pushResolvers({ subscriptions, publicKey: push?.publicKey }),
    /** Inserts missing jobs of services with subscriptions, for example of one that was added while the last job was ending. */
    async reconcile() {
      await db.$executeRaw`
        insert into jobs (id, type, input) select 'push:' || service, ${sending.name}, jsonb_build_object('service', service)
        from (select distinct service from push_subscriptions where service = any(${[...services]}::text[])) as used
        on conflict (id) do nothing`;
    },
    close: () => sender?.close(),
  };
}
