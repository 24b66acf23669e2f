// Recomputes the hash chain over the audit log, and says whether it holds.
//
//   npm run audit:verify [-- <hash>]     the hash of a head that was noted earlier must be in the chain
//
// Answers 0 when it holds, 1 when it does not, 2 when the database cannot be read.
import "./explain-errors.ts";
import { verifyAudit } from "../src/audit/verify-audit.ts";
import { openDb } from "../src/platform/db.ts";
import { readProcessConfig } from "../src/program/command-line.ts";
import { provideDatabase } from "../src/program/provide-database.ts";

const [notedHead] = process.argv.slice(2);
if (notedHead !== undefined && !/^[0-9a-f]{64}$/.test(notedHead)) {
  console.error("The hash of a head is 64 hexadecimal digits, as this command prints it.");
  process.exit(2);
}
const { url, stop } = await provideDatabase(readProcessConfig());
const db = openDb(url, 2);
const { holds, entries, head, pseudonymised, problems } = await verifyAudit(db, { notedHead });
await db.$disconnect();
await stop();

for (const problem of problems) console.error(problem);
const erased = pseudonymised === 0 ? "" : `, ${pseudonymised} of them pseudonymised by erasures that the log has`;
console.log(`${holds ? "The audit log holds" : "THE AUDIT LOG WAS CHANGED"}: ${entries} entries${erased}.`);
if (head !== null) console.log(`head ${head}`);
process.exitCode = holds ? 0 : 1;
