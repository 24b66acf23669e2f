// Imported by scripts: explains an uncaught error on standard error and sets the exit code 2.
import { explainError } from "../src/program/command-line.ts";

process.on("uncaughtException", (error) => {
  console.error(explainError(error));
  process.exit(2);
});
