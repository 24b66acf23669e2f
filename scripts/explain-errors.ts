// Imported by scripts: what ends them is explained on standard error, and the exit code is 2.
import { explainError } from "../src/program/command-line.ts";

process.on("uncaughtException", (error) => {
  console.error(explainError(error));
  process.exit(2);
});
