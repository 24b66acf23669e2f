import PQueue from "p-queue";

const MINUTE_MS = 60_000;

/** What goes first when there is a queue: giving a reward somebody has paid for, somebody's page, the background. */
export const urgency = { write: 2, read: 1, background: 0 } as const;
export type Urgency = keyof typeof urgency;

export interface Turns {
  /** @throws NoTurn when its turn did not come in time: `work` has then not begun, and never will */
  take<T>(work: () => Promise<T>, how: Urgency): Promise<T>;
}

export class NoTurn extends Error {
  override name = "NoTurn";
}

export interface TurnsOptions {
  /** How many run at once. */
  concurrency: number;
  /** How many begin within any minute; undefined is no limit. */
  callsPerMinute: number | undefined;
  /** How long one waits at most. */
  maxWaitMs: number;
}

/** Keeps calls within what the other side allows. Each process counts its own. */
export function makeTurns({ concurrency, callsPerMinute, maxWaitMs }: TurnsOptions): Turns {
  const limit = callsPerMinute && { intervalCap: callsPerMinute, interval: MINUTE_MS, strict: true };
  const queue = new PQueue({ concurrency, ...limit });
  return {
    take(work, how) {
      const waiting = new AbortController();
      const timer = setTimeout(() => waiting.abort(new NoTurn(`no turn within ${maxWaitMs} ms`)), maxWaitMs);
      const begin = () => {
        clearTimeout(timer);
        return work();
      };
      return queue.add(begin, { priority: urgency[how], signal: waiting.signal });
    },
  };
}

/** Lets works with the same key run one after the other, in the order they came; others are not held up. */
export function makeOneAtATime(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const lastOf = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const own = (lastOf.get(key) ?? Promise.resolve()).then(work);
    const ended = own.then(
      () => forget(),
      () => forget(),
    );
    const forget = () => {
      if (lastOf.get(key) === ended) lastOf.delete(key);
    };
    lastOf.set(key, ended);
    return own;
  };
}
