import { expect, test } from "vitest";
import { restoreAfterStorm } from "../support/restore-storm.ts";
import { startSystemPostgres } from "../support/system-postgres.ts";

const seed = Number(process.env["RESTORE_SEED"] ?? 20_261_129);

test(`after a restore of a dump from the middle of a storm (seed ${seed}) reconciliation finds every break, and the repairs leave each customer with exactly what was paid for`, {
  tags: ["postgresql"],
  timeout: 180_000,
}, async () => {
  await using server = await startSystemPostgres();
  await server.create("before");
  let file = "";
  const figures = await restoreAfterStorm(
    {
      url: server.urlOf("before"),
      async save() {
        file = await server.dump("before");
      },
      async restore() {
        await server.restore(file, "after");
        return server.urlOf("after");
      },
    },
    seed,
  );
  expect(figures).toMatch(/lost/);
  process.stdout.write(`restore: ${figures}\n`);
});
