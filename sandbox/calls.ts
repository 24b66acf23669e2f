/** A call received by an upstream, as `GET /__sandbox/calls` shows it. */
export interface Call {
  seq: number;
  at: string;
  upstream: string;
  operation: string;
  method: string;
  path: string;
  query: unknown;
  body: unknown;
  /** HTTP status of the answer; null while pending, and permanently if no answer reached the caller. */
  status: number | null;
  /**
   * `dropped`: the sandbox cut the connection on purpose. `abandoned`: the caller disconnected before the answer was
   * ready.
   */
  outcome: "pending" | "answered" | "dropped" | "abandoned";
  fault?: string;
}

type Received = Pick<Call, "upstream" | "operation" | "method" | "path" | "query" | "body" | "fault">;
type Ending = Pick<Call, "status" | "outcome">;

export interface CallLog {
  /** The calls after number `seq`, oldest first; 0 for all stored ones. */
  since(seq: number): Call[];
  /** Resolves with the first matching call, past or future; rejects after `withinMs` (60,000). */
  waitFor(fits: (call: Call) => boolean, withinMs?: number): Promise<Call>;
  /** Records a call and returns the function that records its end. */
  receive(call: Received): (ending: Ending) => void;
  /** Deletes all calls. Numbering continues, so a reader's position stays valid. */
  clear(): void;
}

const kept = 10_000;

export function makeCallLog(clock: { now(): Date }): CallLog {
  /** A ring buffer: the call with number `seq` is at `seq % kept`. */
  const ring: Call[] = [];
  let lastSeq = 0;
  /** Calls up to this number are deleted. */
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

/** The same value with every one-time password and secret masked, at any depth. */
function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, secrets.includes(key.toLowerCase()) ? "******" : masked(inner)]),
  );
}
