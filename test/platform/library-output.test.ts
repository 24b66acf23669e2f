import { expect, test } from "vitest";
import { logLibraryOutput } from "../../src/platform/library-output.ts";
import { captureLog } from "../support/log.ts";

test("what libraries write by themselves is in the log, and nowhere else", async () => {
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
    .map((line) => JSON.parse(line) as { level: number; msg: string });
  expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
    [50, "an error of a library { code: 7 }"],
    [40, "a warning of a library"],
    [30, "its news"],
    [40, "A warning of Node.js or a library: will go away"],
  ]);
});
