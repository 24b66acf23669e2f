import { randomBytes, randomUUID } from "node:crypto";
import type { WebhookEventType } from "../domain/generated/words.ts";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { audit } from "../platform/audit.ts";
import type { Cipher } from "../platform/cipher.ts";
import type { Clock } from "../platform/clock.ts";
import { afterCommit, type Db, inTransaction, Prisma, type Tx, violates } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import { wireNames } from "./event-types.ts";
import { type WebhookChange, webhookProblems } from "./webhook-problems.ts";

export type Webhook = Omit<Prisma.WebhookGetPayload<object>, "secret" | "lastSecret">;
/** A delivery with its event. */
export type Message = Prisma.WebhookMessageGetPayload<object>;

export interface NewWebhook {
  name: string;
  url: string;
  eventTypes: readonly WebhookEventType[];
  stockLowAt: number;
}

/** Notified when a webhook was changed, or its messages were inserted, or became due, for a reason other than an event. */
export const webhookTopic = (webhookId: string) => `webhook:${webhookId}`;

/** Inserts the job that sends the messages of a webhook, unless it exists. */
export type AddSending = (tx: Tx, webhookId: string) => Promise<void>;

const MAX_WEBHOOKS = 20;
const MAX_REPLAYED = 10_000;
const PREFIX = "whsec_";
/**
 * How long requests are also signed with the previous secret: long enough for a working day in every time zone to
 * deploy the new one.
 */
const OVERLAP_MS = 24 * 3_600_000;

export interface WebhookStoreDeps {
  db: Db;
  bus: Bus;
  clock: Clock;
  /** Encrypts the signing secrets. */
  cipher: Cipher;
  /** Whether addresses may be private and without TLS. */
  mayBePrivate: boolean;
  addSending: AddSending;
}

/** Operators' management of webhooks. Every change is in the audit log. */
export type WebhookStore = ReturnType<typeof makeWebhookStore>;

export function makeWebhookStore({ db, bus, clock, cipher, mayBePrivate, addSending }: WebhookStoreDeps) {
  const record = (tx: Tx, operatorId: string, action: string, subject: string, details?: Prisma.InputJsonObject) =>
    audit(tx, { at: clock.now(), actor: operatorId, action, subject, ...(details && { details }) });
  const withoutSecret = ({ secret: _, lastSecret: __, ...webhook }: Prisma.WebhookGetPayload<object>): Webhook =>
    webhook;
  const problemsOf = (change: WebhookChange): Refused | null => {
    const [first, ...others] = webhookProblems(change, { mayBePrivate });
    return first ? refused(first, ...others) : null;
  };
  const namesOf = (eventTypes: readonly WebhookEventType[]) => [...new Set(eventTypes)].map((type) => wireNames[type]);
  const newSecret = () => `${PREFIX}${randomBytes(32).toString("base64url")}`;

  async function sendSoon(tx: Tx, webhookId: string): Promise<void> {
    await addSending(tx, webhookId);
    afterCommit(tx, () => bus.notify(webhookTopic(webhookId)));
  }

  /** Runs `change` under the lock of the webhook's row. */
  const changing = <T>(name: string, change: (tx: Tx, id: string) => Promise<T>): Promise<T | Refused> =>
    inTransaction(db, async (tx) => {
      const [row] = await tx.$queryRaw<{ id: string }[]>`
        select id from webhooks where name = ${name} for no key update`;
      return row ? change(tx, row.id) : notFound();
    });

  return {
    list: async (): Promise<Webhook[]> =>
      (await db.webhook.findMany({ orderBy: { name: "asc" }, take: MAX_WEBHOOKS })).map(withoutSecret),

    async byName(name: string): Promise<Webhook | null> {
      const row = await db.webhook.findUnique({ where: { name } });
      return row && withoutSecret(row);
    },

    async create(input: NewWebhook, operatorId: string): Promise<{ webhook: Webhook; secret: string } | Refused> {
      const problems = problemsOf(input);
      if (problems) return problems;
      const { name, url, eventTypes, stockLowAt } = input;
      const [id, secret]: [string, string] = [randomUUID(), newSecret()];
      try {
        return await inTransaction(db, async (tx) => {
          if ((await tx.webhook.count()) >= MAX_WEBHOOKS) {
            const message = `The limit of ${MAX_WEBHOOKS} webhooks is reached. Delete a webhook first.`;
            return refused(refusal("INVALID_INPUT", message, ["input"]));
          }
          const types = namesOf(eventTypes);
          const row = await tx.webhook.create({
            data: {
              ...{ id, name, url, types, stockLowAt },
              secret: cipher.encrypt(secret, id),
              createdAt: clock.now(),
              createdBy: operatorId,
            },
          });
          await addSending(tx, id);
          await record(tx, operatorId, "webhook.create", name, { url, types });
          return { webhook: withoutSecret(row), secret };
        });
      } catch (error) {
        if (!violates(error, "name")) throw error;
        return refused(refusal("WEBHOOK_NAME_TAKEN", `A webhook named ${name} already exists.`, ["input", "name"]));
      }
    },

    async update(change: WebhookChange & { active?: boolean | undefined }, operatorId: string) {
      const problems = problemsOf(change);
      if (problems) return problems;
      const { name, url, eventTypes, stockLowAt, active } = change;
      return changing(name, async (tx, id): Promise<{ webhook: Webhook }> => {
        const data = {
          ...(url !== undefined && { url }),
          ...(eventTypes !== undefined && { types: namesOf(eventTypes) }),
          ...(stockLowAt !== undefined && { stockLowAt }),
          ...(active !== undefined && { active }),
        };
        const row = await tx.webhook.update({ where: { id }, data });
        if (row.active) await addSending(tx, id);
        afterCommit(tx, () => bus.notify(webhookTopic(id)));
        await record(tx, operatorId, "webhook.update", name, data);
        return { webhook: withoutSecret(row) };
      });
    },

    rotateSecret: (name: string, operatorId: string) =>
      changing(name, async (tx, id): Promise<{ webhook: Webhook; secret: string }> => {
        const secret = newSecret();
        const { secret: lastSecret } = await tx.webhook.findUniqueOrThrow({ where: { id }, select: { secret: true } });
        const row = await tx.webhook.update({
          where: { id },
          data: {
            secret: cipher.encrypt(secret, id),
            lastSecret,
            lastSecretUntil: new Date(clock.now().getTime() + OVERLAP_MS),
          },
        });
        await record(tx, operatorId, "webhook.rotate-secret", name);
        return { webhook: withoutSecret(row), secret };
      }),

    delete: (name: string, operatorId: string) =>
      changing(name, async (tx, id): Promise<{ deleted: true }> => {
        await tx.webhook.delete({ where: { id } });
        await record(tx, operatorId, "webhook.delete", name);
        return { deleted: true };
      }),

    async test(name: string, operatorId: string): Promise<{ delivery: Message } | Refused> {
      return changing(name, async (tx, webhookId): Promise<{ delivery: Message }> => {
        const data = { message: "This is a test.", requestedBy: operatorId };
        const delivery = await tx.webhookMessage.create({
          data: { webhookId, type: wireNames.TEST, subject: `test:${randomUUID()}`, data, at: clock.now() },
        });
        await sendSoon(tx, webhookId);
        await record(tx, operatorId, "webhook.test", name);
        return { delivery };
      });
    },

    /** @param what the ids of the deliveries, or the time since which failed ones are replayed */
    async replay(
      name: string,
      what: { ids: readonly string[] } | { failedSince: Date },
      operatorId: string,
    ): Promise<{ replayed: number } | Refused> {
      return changing(name, async (tx, webhookId): Promise<{ replayed: number }> => {
        const which =
          "ids" in what
            ? Prisma.sql`id = any(${[...what.ids]}::uuid[])`
            : Prisma.sql`state = 'FAILED' and at >= ${what.failedSince}`;
        const replayed = await tx.$executeRaw`
          update webhook_messages set state = 'PENDING', attempts = 0, due_at = now(), delivered_at = null
          where id in (select id from webhook_messages where webhook_id = ${webhookId}::uuid and ${which}
            order by seq limit ${MAX_REPLAYED})`;
        await sendSoon(tx, webhookId);
        await record(tx, operatorId, "webhook.replay", name, { replayed });
        return { replayed };
      });
    },
  };
}

const notFound = () => refused(refusal("WEBHOOK_NOT_FOUND", "No webhook has this name.", ["input", "name"]));
