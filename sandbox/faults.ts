import { EventEmitter, once } from "node:events";
import { z } from "zod";
import { invalid } from "./failure.ts";
import { readValue } from "./read-json.ts";

const kinds = [
  "refuse",
  "http-500",
  "delay",
  "hold",
  "never-answer",
  "drop-before",
  "commit-then-drop",
  "malformed",
  "rate-limit",
] as const;
const kindsThatMayCommit: readonly string[] = ["http-500", "delay", "hold", "never-answer", "malformed"];

export const faultScript = z
  .strictObject({
    upstream: z.string(),
    operation: z.string(),
    fault: z.enum(kinds),
    times: z.int().min(1).default(1),
    /** Delays the answer, or the drop, by this time. */
    delayMs: z.int().min(0).max(600_000).optional(),
    /** The effect happens although the caller gets no usable answer, or before a late answer. */
    commit: z.boolean().optional(),
    /** The caller of a held call loses the connection at once; the effect still waits for the release. */
    hangUp: z.boolean().optional(),
    message: z.string().optional(),
    /** The code of a refusal, if the upstream has codes; and that of the partner behind it. */
    code: z.int().optional(),
    partnerCode: z.string().optional(),
  })
  .refine(({ fault, delayMs }) => fault !== "delay" || delayMs !== undefined, {
    path: ["delayMs"],
    message: "a delay needs it",
  })
  .refine(({ fault, commit }) => !commit || kindsThatMayCommit.includes(fault), {
    path: ["commit"],
    message: `only ${kindsThatMayCommit.join(", ")} can choose to commit`,
  })
  .refine(({ fault, hangUp }) => fault === "hold" || hangUp === undefined, {
    path: ["hangUp"],
    message: "only hold can hang up before its effect",
  })
  .refine(({ fault, code, partnerCode }) => fault === "refuse" || (code ?? partnerCode) === undefined, {
    path: ["code"],
    message: "only a refusal has codes",
  });

/** The held calls to release, and their end: the real answer, or a connection reset. */
export const release = z.strictObject({
  /** Only the calls held by this fault; every held call if absent. */
  id: z.int().optional(),
  with: z.enum(["answer", "drop"]).default("answer"),
});

export type FaultScript = z.input<typeof faultScript>;
export type Fault = z.output<typeof faultScript> & { id: number };
export type Release = z.output<typeof release>;

/** Scripted faults, consumed in the order in which they were added. */
export interface Faults {
  /** Queues a fault for the next `times` calls of its operation; returns it as stored. */
  add(script: FaultScript): Fault;
  /** The outstanding faults; `times` counts down. */
  list(): Fault[];
  /** Consumes one use of the first fault that matches this call. */
  take(upstream: string, operation: string): Fault | undefined;
  /** Deletes the outstanding faults. A held call stays held. */
  clear(): void;
  /** Holds a call until it is released, or until `end`, which counts as a release. @returns the end of the call */
  hold(fault: Pick<Fault, "id">, end?: Promise<unknown>): Promise<Release["with"]>;
  /** Resolves once `count` calls (default 1) are held, by this fault if one is named. */
  held(fault?: Pick<Fault, "id">, count?: number): Promise<void>;
  /** Releases held calls. @returns their number */
  release(options?: z.input<typeof release>): number;
}

/** @param operations the operation names of each upstream */
export function makeFaults(operations: ReadonlyMap<string, readonly string[]>): Faults {
  let queue: Fault[] = [];
  let lastId = 0;
  const holding = new Set<{ id: number; goOn(how: Release["with"]): void }>();
  const changed = new EventEmitter().setMaxListeners(0);
  const heldBy = (id: number | undefined) => [...holding].filter((each) => id === undefined || each.id === id);

  return {
    add: (script) => {
      const fault = { id: lastId + 1, ...readValue(faultScript, script) };
      const known = operations.get(fault.upstream);
      if (!known) throw invalid(`upstream: expected one of ${quoted([...operations.keys()])}`);
      const allowed = ["*", ...known];
      if (!allowed.includes(fault.operation)) throw invalid(`operation: expected one of ${quoted(allowed)}`);
      lastId = fault.id;
      queue.push(fault);
      return { ...fault };
    },
    list: () => queue.map((fault) => ({ ...fault })),
    take: (upstream, operation) => {
      const fault = queue.find((each) => each.upstream === upstream && ["*", operation].includes(each.operation));
      if (!fault) return undefined;
      fault.times -= 1;
      if (fault.times === 0) queue = queue.filter((each) => each !== fault);
      return fault;
    },
    clear: () => {
      queue = [];
    },
    hold: ({ id }, end) =>
      new Promise((resolve) => {
        const call = { id, goOn: resolve };
        holding.add(call);
        changed.emit("held");
        void end?.then(() => holding.delete(call) && resolve("answer"));
      }),
    async held(fault, count = 1) {
      while (heldBy(fault?.id).length < count) await once(changed, "held");
    },
    release: (options = {}) => {
      const { id, with: how } = readValue(release, options);
      const released = heldBy(id);
      for (const each of released) {
        holding.delete(each);
        each.goOn(how);
      }
      return released.length;
    },
  };
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");
