/** One call an upstream received, as `GET /__sandbox/calls` shows it. */
export interface Call {
  seq: number;
  at: string;
  upstream: string;
  operation: string;
  method: string;
  path: string;
  query: unknown;
  body: unknown;
  /** HTTP status of the answer; null while pending, and for ever when no answer reached the caller. */
  status: number | null;
  /** `dropped`: we cut the line on purpose. `abandoned`: the caller had hung up when the answer was ready. */
  outcome: "pending" | "answered" | "dropped" | "abandoned";
  fault?: string;
}

type Received = Pick<Call, "upstream" | "operation" | "method" | "path" | "query" | "body" | "fault">;
type Ending = Pick<Call, "status" | "outcome">;

export interface CallLog {
  /** The calls after number `seq`, oldest first; 0 for all that are kept. */
  since(seq: number): Call[];
  /** Resolves with the first call, past or future, that fits; rejects after `withinMs` (60,000). */
  waitFor(fits: (call: Call) => boolean, withinMs?: number): Promise<Call>;
  /** Writes a call down and returns the function that records how it ended. */
  receive(call: Received): (ending: Ending) => void;
  /** Forgets all calls. Numbering goes on, so a reader's bookmark stays valid. */
  clear(): void;
}

const kept = 10_000;

export function makeCallLog(clock: { now(): Date }): CallLog {
  /** A ring: the call with number `seq` stands at `seq % kept`. */
  const ring: Call[] = [];
  let lastSeq = 0;
  /** No call up to this number is kept. */
  let forgottenSeq = 0;
  const watchers = new Set<(call: Call) => void>();
  const announce = (call: Call) => {
    for (const watch of watchers) watch({ ...call });
  };
  function* after(seq: number): Generator<Call> {
    for (let next = Math.max(seq, forgottenSeq, lastSeq - kept) + 1; next <= lastSeq; next += 1) {
      const call = ring[next % kept];
      if (call) yield call;
    }
  }

  return {
    since: (seq) => [...after(seq)].map((call) => ({ ...call })),
    waitFor: (fits, withinMs = 60_000) =>
      new Promise((resolve, reject) => {
        const past = [...after(0)].find(fits);
        if (past) return resolve({ ...past });
        const timer = setTimeout(() => {
          watchers.delete(watch);
          reject(new Error(`no call fitted ${fits} within ${withinMs} ms`));
        }, withinMs);
        const watch = (call: Call) => {
          if (!fits(call)) return;
          clearTimeout(timer);
          watchers.delete(watch);
          resolve(call);
        };
        watchers.add(watch);
      }),
    receive: ({ query, body, ...rest }) => {
      lastSeq += 1;
      const at = clock.now().toISOString();
      const call: Call = {
        seq: lastSeq,
        at,
        ...rest,
        query: masked(query),
        body: masked(body),
        status: null,
        outcome: "pending",
      };
      ring[lastSeq % kept] = call;
      announce(call);
      return (ending) => {
        Object.assign(call, ending);
        announce(call);
      };
    },
    clear: () => {
      ring.length = 0;
      forgottenSeq = lastSeq;
    },
  };
}

const secrets = ["otp", "secret", "validation_code", "validationcode"];

/** The same value with every one-time password and secret, at any depth, replaced. */
function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, secrets.includes(key.toLowerCase()) ? "******" : masked(inner)]),
  );
}
