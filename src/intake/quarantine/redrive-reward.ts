import { type Refused, refusal, refused } from "../../domain/refusal.ts";
import { notifyFeeds } from "../../feed/index.ts";
import type { HashNik } from "../../members/index.ts";
import { MessageRefused } from "../../messages/message-refused.ts";
import { NIK_MARK } from "../../messages/nik.ts";
import type { Problem } from "../../messages/notes.ts";
import { isRefusedMessage, parseMessage } from "../../messages/parse-message.ts";
import { redactNik } from "../../messages/redact-nik.ts";
import { audit } from "../../platform/audit.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Db, inTransaction, type Tx } from "../../platform/db.ts";
import type { Bus } from "../../platform/events.ts";
import { propagatedContext } from "../../platform/tracing.ts";
import type { AcceptMessages } from "../accept-messages.ts";
import { withoutNik } from "../read-message.ts";
import type { QuarantinedReward } from "./quarantine.store.ts";

export interface RedriveInput {
  id: string;
  /** The corrected message; null for the stored one. */
  payload: string | null;
  actor: string;
}

/** The accepted message, or the remaining problems. */
export type Redriven = { messageId: string; replayed: boolean } | { problems: readonly Problem[] };

export type RedriveReward = (input: RedriveInput) => Promise<Redriven | Refused>;

export interface RedriveDeps {
  db: Db;
  bus: Bus;
  clock: Clock;
  acceptMessages: AcceptMessages;
  hashNik: HashNik;
  timeZone: string;
}

/**
 * Processes a quarantined message again, and records that in the same transaction. A repetition returns the message
 * that resulted from the first time. If the producer has sent a correct message in the meantime, ticket, digest and
 * effect keys prevent double awards.
 */
export function makeRedriveReward(deps: RedriveDeps): RedriveReward {
  const { db, bus, clock, acceptMessages } = deps;
  return async (input) => {
    const now = clock.now();
    try {
      const { notified, answer } = await inTransaction(db, async (tx) => {
        const row = await lockQuarantined(tx, input.id);
        if (!row) return { notified: [], answer: notFound() };
        if (row.messageId !== null) return { notified: [], answer: { messageId: row.messageId, replayed: true } };
        const read = readAgain(row, input.payload, deps, now);
        if (!read.ok) return { notified: [], answer: { problems: read.problems } };

        const redriven = {
          read: { ...read, source: "REDRIVE", actor: input.actor },
          trace: propagatedContext() ?? null,
        } as const;
        const [accepted] = await acceptMessages(tx, [redriven], now, { budgets: "locked" });
        if (!accepted) throw new Error("a redriven message has an outcome");
        const { messageId, replayed } = accepted;
        await tx.quarantinedReward.update({
          where: { id: row.id },
          data: { redrivenAt: now, redrivenBy: input.actor, messageId },
        });
        await audit(tx, {
          at: now,
          actor: input.actor,
          action: "reward.redrive",
          subject: row.id,
          details: { messageId, corrected: input.payload !== null },
        });
        return { notified: accepted.notified, answer: { messageId, replayed } };
      });
      notifyFeeds(bus, notified);
      return answer;
    } catch (error) {
      if (error instanceof MessageRefused) return { problems: error.problems };
      throw error;
    }
  };
}

const notFound = () => refused(refusal("QUARANTINED_REWARD_NOT_FOUND", "Message not found.", ["input", "id"]));

async function lockQuarantined(tx: Tx, id: string): Promise<QuarantinedReward | null> {
  await tx.$executeRaw`select from quarantined_rewards where id = ${id}::uuid for update`;
  return tx.quarantinedReward.findUnique({ where: { id } });
}

/** A masked national id stands for the id whose hash was stored. */
function readAgain(row: QuarantinedReward, corrected: string | null, { hashNik, timeZone }: RedriveDeps, now: Date) {
  const raw = corrected ?? row.payload;
  const parsed = parseMessage(raw, { now, timeZone, nikIsOnRecord: row.nikHash !== null });
  if (isRefusedMessage(parsed)) return { ok: false, problems: parsed.problems } as const;
  const { nik } = parsed.message.member;
  const nikHash = nik !== null ? hashNik(nik) : raw.includes(NIK_MARK) ? row.nikHash : null;
  return { ok: true, ...withoutNik(parsed), nikHash, payload: redactNik(raw) } as const;
}
