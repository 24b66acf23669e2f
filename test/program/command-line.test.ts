import { expect, test } from "vitest";
import { commandLine } from "../../src/program/command-line.ts";

test("a command is named as it is typed in a checkout, and in the production build, which has no npm scripts", () => {
  expect(commandLine("reconcile", "--breaks", "/srv/tessera/scripts/reconcile.ts")).toBe(
    "npm run reconcile -- --breaks",
  );
  expect(commandLine("reconcile", "--breaks", "/app/dist/bin/tessera.mjs")).toBe(
    "node dist/bin/tessera.mjs reconcile --breaks",
  );
  expect(commandLine("start", "", "/srv/tessera/scripts/import-members.ts")).toBe("npm run start");
  expect(commandLine("start", "", "/app/dist/bin/tessera.mjs")).toBe("node dist/bin/tessera.mjs start");
});
