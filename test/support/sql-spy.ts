import pg from "pg";
import { vi } from "vitest";
import type { TestPorts } from "./gateway.ts";

/** For a gateway whose queries are counted: its award worker does not poll during the test. */
export const idleInBackground: TestPorts = { pace: { creditPollMs: 0 } };

/** The business's own tables; the job queue polls its own in the background. */
const tables = /\b(rewards|voucher_codes|carts|cart_lines|orders|order_lines|order_units|points_movements|customers)\b/;

/** The queries on these tables, of a gateway in this process that is `idleInBackground`, while `work` runs. */
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

/** Resolves once the gateway in this process has received the answers to `times` more matching queries. */
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
    // Lets the code that waited for the last answer continue, and the work that it starts.
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  } finally {
    spy.mockRestore();
  }
}
