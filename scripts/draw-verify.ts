// Recomputes every result of a published draw and reports whether all hold.
//
//   npm run draw:verify -- <file> [opening hash]     a file of - reads standard input
//
// Exit codes: 0 all results hold, 1 some do not, 2 the file is not readable.
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { verdictWords } from "../src/draws/verdict-words.ts";
import { verifyDraw } from "../src/draws/verify-draw.ts";
import { commandLine } from "../src/program/command-line.ts";

const [path, openingHash] = process.argv.slice(2);
if (!path) {
  console.error(`Give the file of a published draw: ${commandLine("draw:verify", "draw.jsonl [opening hash]")}`);
  process.exit(2);
}

const file = await (path === "-" ? buffer(process.stdin) : readFile(path)).catch((error: Error) => {
  console.error(
    `Could not read ${path}: ${error.message}. Download the draw: curl -o draw.jsonl <gateway>/draws/<id>.jsonl`,
  );
  process.exit(2);
});
const { text, exitCode } = verdictWords(verifyDraw(file, openingHash === undefined ? {} : { openingHash }));
console.log(text);
process.exitCode = exitCode;
