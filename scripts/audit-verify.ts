// Recomputes the hash chain over the audit log and reports whether it is intact.
//
//   npm run audit:verify [-- <hash>]     also checks that the chain contains a previously noted head
//
// Exit codes: 0 the chain is intact, 1 it is not, 2 the database is not readable.
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
