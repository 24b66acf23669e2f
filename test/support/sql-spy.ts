import pg from "pg";
import { vi } from "vitest";
import type { TestPorts } from "./gateway.ts";

/** For a gateway whose queries are counted: it looks for nothing by itself while the test runs. */
export const idleInBackground: TestPorts = { pace: { creditPollMs: 0 } };

/** The business's own tables; the job queue asks its own in the background. */
const tables = /\b(rewards|voucher_codes|carts|cart_lines|orders|order_lines|order_units|points_movements|customers)\b/;

/** The queries of a gateway in this process, which is `idleInBackground`, while `work` runs, of those that name one of these tables. */
export async function queriesOf(work: () => Promise<unknown>, named = tables): Promise<string[]> {
  const spy = vi.spyOn(pg.Client.prototype, "query");
  try {
    await work();
    const texts = spy.mock.calls.map(([query]) =>
      typeof query === "string" ? query : (query as { text: string }).text,
    );
    return texts.filter((text) => named.test(text));
  } finally {
    spy.mockRestore();
  }
}

/** Resolves once the gateway in this process has had the answers to `times` queries that match, from now on. */
export async function queriesAnswered(times: number, match: RegExp): Promise<void> {
  const { query } = pg.Client.prototype;
  const all = Promise.withResolvers<void>();
  let left = times;
  const spy = vi.spyOn(pg.Client.prototype, "query").mockImplementation(function (this: pg.Client, ...sent: unknown[]) {
    const [first, answer] = [sent[0] as string | { text: string }, sent.at(-1)];
    if (typeof answer === "function" && match.test(typeof first === "string" ? first : first.text)) {
      sent[sent.length - 1] = (...heard: unknown[]) => {
        answer(...heard);
        left -= 1;
        if (left === 0) all.resolve();
      };
    }
    return Reflect.apply(query, this, sent);
  });
  try {
    await all.promise;
    // What was waiting for the last answer goes on, and what it then begins.
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  } finally {
    spy.mockRestore();
  }
}
