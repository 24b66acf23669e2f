import { notifyFeeds } from "../feed/index.ts";
import type { HashNik } from "../members/index.ts";
import { formatAnswer, type ServiceAnswer } from "../messages/answer.ts";
import { MessageRefused } from "../messages/message-refused.ts";
import type { Problem } from "../messages/notes.ts";
import { isRefusedMessage, parseMessage } from "../messages/parse-message.ts";
import { redactNik } from "../messages/redact-nik.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import { makeAcceptInBatches } from "./accept-in-batches.ts";
import type { Accepted, AcceptMessages } from "./accept-messages.ts";
import { type LineOutcome, readOutcomes } from "./outcomes.ts";
import { quarantine } from "./quarantine/quarantine.store.ts";
import { type MessageSource, type ReadMessage, withoutNik } from "./read-message.ts";

export interface Incoming {
  /** Text, bytes, or parsed JSON. */
  readonly raw: unknown;
  readonly source: MessageSource;
  /** The client or operator who delivered it. */
  readonly actor: string;
}

export type Processed =
  | (Accepted & { readonly accepted: true })
  | {
      readonly accepted: false;
      readonly answer: ServiceAnswer;
      readonly problems: readonly Problem[];
      /** The id of its row in the quarantine. */
      readonly quarantinedId: string;
    };

export interface Trial {
  readonly problems: readonly Problem[];
  /** True if the message was accepted before, so that processing it would have no effect. */
  readonly replayed: boolean;
  readonly outcomes: readonly LineOutcome[];
}

export interface ProcessMessage {
  /** The single entry point for producers' messages, whatever their transport. */
  process(incoming: Incoming): Promise<Processed>;
  /** The same for a message that the program has built or parsed itself. @throws MessageRefused */
  accept(read: ReadMessage): Promise<Accepted>;
  /** Computes the effects of a message and rolls them back. */
  simulate(raw: unknown): Promise<Trial>;
}

export interface ProcessMessageDeps {
  db: Db;
  bus: Bus;
  clock: Clock;
  acceptMessages: AcceptMessages;
  hashNik: HashNik;
  timeZone: string;
}

export function makeProcessMessage({
  db,
  bus,
  clock,
  acceptMessages,
  hashNik,
  timeZone,
}: ProcessMessageDeps): ProcessMessage {
  const acceptInBatches = makeAcceptInBatches({ db, clock, acceptMessages });

  async function accept(read: ReadMessage): Promise<Accepted> {
    const accepted = await acceptInBatches(read);
    notifyFeeds(bus, accepted.notified);
    return accepted;
  }

  /** The national id does not leave this function: only its hash does. */
  function read(raw: unknown): (Omit<ReadMessage, "source" | "actor"> & { ok: true }) | RefusedInput {
    const parsed = parseMessage(raw, { now: clock.now(), timeZone });
    const nik = isRefusedMessage(parsed) ? parsed.nik : parsed.message.member.nik;
    const nikHash = nik === null ? null : hashNik(nik);
    const payload = redactNik(raw);
    if (isRefusedMessage(parsed)) {
      return { ok: false, problems: parsed.problems, ticketId: parsed.ticketId, nikHash, payload };
    }
    return { ok: true, ...withoutNik(parsed), nikHash, payload };
  }

  return {
    accept,

    async process({ raw, source, actor }) {
      const message = read(raw);
      const refuse = async ({ problems, ticketId, nikHash, payload }: Omit<RefusedInput, "ok">): Promise<Processed> => {
        const refused = { problems, ticketId, nikHash, payload, source, actor };
        const quarantinedId = await quarantine(db, refused, clock.now());
        return { accepted: false, answer: formatAnswer({ problems, ticketId }), problems, quarantinedId };
      };
      if (!message.ok) return refuse(message);
      try {
        return { accepted: true, ...(await accept({ ...message, source, actor })) };
      } catch (error) {
        if (!(error instanceof MessageRefused)) throw error;
        const { nikHash, payload } = message;
        return refuse({ problems: error.problems, ticketId: message.message.ticketId, nikHash, payload });
      }
    },

    async simulate(raw) {
      const message = read(raw);
      if (!message.ok) return { problems: message.problems, replayed: false, outcomes: [] };
      try {
        return await inTransaction(db, async (tx): Promise<Trial> => {
          const trial = { ...message, source: "GRAPHQL", actor: "trial" } as const;
          const options = { isTrial: true, budgets: "locked" } as const;
          const [accepted] = await acceptMessages(tx, [{ read: trial, trace: null }], clock.now(), options);
          if (!accepted) throw new Error("a trial has an outcome");
          const { messageId, replayed } = accepted;
          throw new TrialRollback({ problems: [], replayed, outcomes: await readOutcomes(tx, messageId) });
        });
      } catch (error) {
        if (error instanceof TrialRollback) return error.trial;
        if (error instanceof MessageRefused) return { problems: error.problems, replayed: false, outcomes: [] };
        throw error;
      }
    },
  };
}

interface RefusedInput {
  readonly ok: false;
  readonly problems: readonly [Problem, ...Problem[]];
  readonly ticketId: string | null;
  readonly nikHash: string | null;
  readonly payload: string;
}

/** Rolls a trial back and carries its result. */
class TrialRollback extends Error {
  readonly trial: Trial;
  constructor(trial: Trial) {
    super("a trial is undone");
    this.trial = trial;
  }
}
