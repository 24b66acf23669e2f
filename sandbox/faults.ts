import { z } from "zod";
import { invalid } from "./failure.ts";
import { readValue } from "./read-json.ts";

const kinds = ["refuse", "http-500", "delay", "drop-before", "commit-then-drop", "malformed", "rate-limit"] as const;
const kindsThatMayCommit: readonly string[] = ["http-500", "delay", "malformed"];

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
  .refine(({ fault, code, partnerCode }) => fault === "refuse" || (code ?? partnerCode) === undefined, {
    path: ["code"],
    message: "only a refusal has codes",
  });

export type FaultScript = z.input<typeof faultScript>;
export type Fault = z.output<typeof faultScript> & { id: number };

/** Scripted misbehaviour, used up in the order it was added. */
export interface Faults {
  /** Queues a fault for the next `times` calls of its operation; returns it as stored. */
  add(script: FaultScript): Fault;
  /** What is still to happen; `times` counts down. */
  list(): Fault[];
  /** Uses up one turn of the first fault that fits this call. */
  take(upstream: string, operation: string): Fault | undefined;
  clear(): void;
}

/** @param operations the operation names that each upstream answers */
export function makeFaults(operations: ReadonlyMap<string, readonly string[]>): Faults {
  let queue: Fault[] = [];
  let lastId = 0;

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
  };
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");
