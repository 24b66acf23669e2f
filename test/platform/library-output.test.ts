import { expect, test } from "vitest";
import { logLibraryOutput } from "../../src/platform/library-output.ts";
import { captureLog } from "../support/log.ts";

test("output of libraries goes to the log only", async () => {
  const { log, text } = await captureLog();
  const undo = logLibraryOutput(log);
  const { console } = globalThis;
  try {
    console.error("an error of %s", "a library", { code: 7 });
    console.warn("a warning of a library");
    console.log("its news");
    const warned = new Promise((resolve) => process.once("warning", resolve));
    process.emitWarning("will go away", "DeprecationWarning", "DEP0");
    await warned;
  } finally {
    undo();
  }
  const lines = text()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { level: string; msg: string });
  expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
    ["error", "an error of a library { code: 7 }"],
    ["warn", "a warning of a library"],
    ["info", "its news"],
    ["warn", "A warning of Node.js or a library: will go away"],
  ]);
});
