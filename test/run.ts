/**
 * `npm test`: without arguments the tests for every day, which with the installation take less than four minutes;
 * with the name of a file or a folder every test there but those in a browser; with `--project` that project.
 */
import { createCLI, parseCLI } from "vitest/node";

const args = process.argv.slice(2);
const { filter, options } = parseCLI(["vitest", "run", ...args]);
const everyday = ["--project", "fast", "--project", "core"];
const inFiles = ["--project", "!browser"];
const projects = options.project ? [] : filter.length > 0 ? inFiles : everyday;

createCLI().parse([process.execPath, "vitest", "run", ...projects, ...args]);
