import type { TimeoutSignal } from "../../src/upstream/http.ts";

export interface TestTimeouts {
  /** A timeout: as long as the settings say, or until the test ends it. */
  wait: TimeoutSignal;
  /** Ends the waits for answers to calls of this operation, as a timeout would. */
  end(operation: string): void;
}

export function makeTestTimeouts(): TestTimeouts {
  let waits: { operation: string; ended: AbortController }[] = [];
  return {
    wait(timeoutMs, operation) {
      const ended = new AbortController();
      waits.push({ operation, ended });
      return AbortSignal.any([AbortSignal.timeout(timeoutMs), ended.signal]);
    },
    end(operation) {
      const begun = waits.filter((wait) => wait.operation === operation);
      if (begun.length === 0) throw new Error(`no call of ${operation} was begun`);
      waits = waits.filter((wait) => wait.operation !== operation);
      for (const { ended } of begun) ended.abort(new DOMException("the test ended the wait", "TimeoutError"));
    },
  };
}
