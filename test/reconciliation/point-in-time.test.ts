import { expect, test } from "vitest";
import { verifyAudit } from "../../src/audit/verify-audit.ts";
import { openDb } from "../../src/platform/db.ts";
import { startArchivedPostgres } from "../support/archived-postgres.ts";
import { restoreAfterStorm } from "../support/restore-storm.ts";

const seed = Number(process.env["RESTORE_SEED"] ?? 20_261_129);

test(`after a recovery to a moment of a storm (seed ${seed}) reconciliation finds every break, and the repairs leave each customer with exactly what was paid for`, {
  tags: ["postgresql"],
  timeout: 240_000,
}, async () => {
  await using server = await startArchivedPostgres();
  let moment = "";
  let facts = "";
  let recovered = "";
  const figures = await restoreAfterStorm(
    {
      url: server.url,
      prepare: () => server.baseBackup(),
      async save() {
        moment = await server.now();
      },
      async restore() {
        ({ url: recovered, facts } = await server.recoverTo(moment));
        return recovered;
      },
    },
    seed,
  );
  const db = openDb(recovered, 2);
  const audit = await verifyAudit(db);
  await db.$disconnect();
  expect(audit.problems).toEqual([]);
  expect(audit.entries).toBeGreaterThan(0);
  process.stdout.write(`${facts}\n${figures}; the audit log holds, ${audit.entries} entries\n`);
});
