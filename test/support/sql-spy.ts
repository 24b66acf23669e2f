import pg from "pg";
import { vi } from "vitest";

/** The business's own tables; the saga engine asks its own in the background. */
const tables = /\b(rewards|voucher_codes|carts|cart_lines|orders|order_lines|order_units|points_movements|customers)\b/;

/** The queries of a gateway in this process while `work` runs, of those that name one of these tables. */
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
