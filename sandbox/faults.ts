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
    /** The answer, or the drop, comes this much later. */
    delayMs: z.int().min(0).max(600_000).optional(),
    /** The effect happens even though the caller gets no usable answer, or before a late one. */
    commit: z.boolean().optional(),
    /** The caller of a held call loses the connection at once; the effect still waits for the release. */
    hangUp: z.boolean().optional(),
    message: z.string().optional(),
    /** Of a refusal, where the upstream has codes; and of the partner behind it. */
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

/** Which held calls to let go on, and how: with the real answer, or with a connection reset. */
export const release = z.strictObject({
  /** Only the calls that this fault holds; every held call if absent. */
  id: z.int().optional(),
  with: z.enum(["answer", "drop"]).default("answer"),
});

export type FaultScript = z.input<typeof faultScript>;
export type Fault = z.output<typeof faultScript> & { id: number };
export type Release = z.output<typeof release>;

/** Scripted misbehaviour, used up in the order it was added. */
export interface Faults {
  /** Queues a fault for the next `times` calls of its operation; returns it as stored. */
  add(script: FaultScript): Fault;
  /** What is still to happen; `times` counts down. */
  list(): Fault[];
  /** Uses up one turn of the first fault that fits this call. */
  take(upstream: string, operation: string): Fault | undefined;
  /** Forgets the faults that are still to happen. A call that is held stays held. */
  clear(): void;
  /** Keeps a call until it is released, or until `end`, as if it were then. @returns how to go on */
  hold(fault: Pick<Fault, "id">, end?: Promise<unknown>): Promise<Release["with"]>;
  /** Resolves once `count` calls (1) are held, by this fault if one is named. */
  held(fault?: Pick<Fault, "id">, count?: number): Promise<void>;
  /** Lets held calls go on. @returns how many */
  release(options?: z.input<typeof release>): number;
}

/** @param operations the operation names that each upstream answers */
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
