import type { Config } from "../config/config.ts";
import { type DrawStore, makeDrawStore } from "../draws/index.ts";
import { type AppendMemberEvents, makeAppendMemberEvents } from "../feed/index.ts";
import { type HashNik, makeHashNik } from "../members/index.ts";
import type { Metrics } from "../observability/metrics.ts";
import { makeCipher } from "../platform/cipher.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import { type AcceptMessages, makeAcceptMessages } from "./accept-messages.ts";
import { measure } from "./measure.ts";
import { makeProcessMessage, type ProcessMessage } from "./process-message.ts";

/** The dependencies of message processing, in the gateway and in a separate process. */
export interface ProcessorParts {
  config: Pick<Config, "voucherSecrets" | "programTimeZone">;
  /** See `openNikKey`. */
  nikKey: Uint8Array;
  db: Db;
  bus: Bus;
  clock: Clock;
  metrics: Metrics | undefined;
}

export interface Processor {
  processMessage: ProcessMessage;
  acceptMessages: AcceptMessages;
  appendMemberEvents: AppendMemberEvents;
  draws: DrawStore;
  hashNik: HashNik;
  /** Encrypts the seeds of draws. */
  seeds: ReturnType<typeof makeCipher>;
}

/** Wires the processing of a producer's message to all its effects. */
export function openProcessor({ config, nikKey, db, bus, clock, metrics }: ProcessorParts): Processor {
  const timeZone = config.programTimeZone;
  const hashNik = makeHashNik(nikKey);
  const seeds = makeCipher(config.voucherSecrets, "draw-seed");
  const draws = makeDrawStore(seeds);
  const appendMemberEvents = makeAppendMemberEvents({ clock });
  const acceptMessages = makeAcceptMessages({ draws, appendMemberEvents, timeZone });
  const unmeasured = makeProcessMessage({
    db,
    bus,
    clock,
    acceptMessages,
    hashNik,
    timeZone,
  });
  const processMessage = metrics ? { ...unmeasured, process: measure(unmeasured.process, metrics) } : unmeasured;
  return { processMessage, acceptMessages, appendMemberEvents, draws, hashNik, seeds };
}
