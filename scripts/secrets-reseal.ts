// Encrypts the fallback secrets' ciphertexts in the database anew with the current secrets, while gateways run.
//
//   npm run secrets:reseal     with the gateways' settings, including SESSION_SECRET_FALLBACK and VOUCHER_SECRET_FALLBACK
//
// Exit codes: 0 no row needs the fallbacks, 1 some do, 2 the settings or the database are not usable.
import "./explain-errors.ts";
import { openDb } from "../src/platform/db.ts";
import { readProcessConfig } from "../src/program/command-line.ts";
import { provideDatabase } from "../src/program/provide-database.ts";
import { resealSecrets } from "../src/program/reseal-secrets.ts";

const MAX_SHOWN = 20;

const config = readProcessConfig();
const { url, stop } = await provideDatabase(config);
const db = openDb(url, 2);
try {
  const results = await resealSecrets(db, config);
  for (const { kind, resealed, current, problems } of results) {
    console.log(`${kind}: ${resealed} encrypted anew, ${current} were already`);
    for (const { id, problem } of problems.slice(0, MAX_SHOWN)) console.error(`  ${id}: ${problem}`);
    if (problems.length > MAX_SHOWN) console.error(`  and ${problems.length - MAX_SHOWN} more`);
  }
  const problems = results.reduce((sum, { problems }) => sum + problems.length, 0);
  const resealed = results.reduce((sum, { resealed }) => sum + resealed, 0);
  process.exitCode = problems > 0 ? 1 : 0;
  if (problems > 0)
    console.error(`${problems} rows still need another secret. Keep the fallbacks until they are repaired.`);
  else if (resealed > 0) console.log("Run this once more: when it encrypts nothing anew, remove the fallbacks.");
  else console.log("Nothing in the database needs the fallbacks.");
} finally {
  await db.$disconnect();
  await stop();
}
