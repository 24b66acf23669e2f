// Recomputes every result of a published draw, and says whether it holds.
//
//   npm run draw:verify -- <file> [opening hash]     a file of - reads what is piped in
//
// Answers 0 when it holds, 1 when it does not, 2 when there is nothing to read.
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { verdictWords } from "../src/draws/verdict-words.ts";
import { verifyDraw } from "../src/draws/verify-draw.ts";

const [path, openingHash] = process.argv.slice(2);
if (!path) {
  console.error("Give the file of a published draw: npm run draw:verify -- draw.jsonl [opening hash]");
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
