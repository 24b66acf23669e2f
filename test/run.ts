/**
 * `npm test`: without arguments the everyday tests, which take less than four minutes with the installation; with the name
 * of a file or a folder all tests there except those in a browser; with `--project` that project.
 */
import { createCLI, parseCLI } from "vitest/node";

const args = process.argv.slice(2);
const { filter, options } = parseCLI(["vitest", "run", ...args]);
const everyday = ["--project", "fast", "--project", "core"];
const inFiles = ["--project", "!browser"];
const projects = options.project ? [] : filter.length > 0 ? inFiles : everyday;

createCLI().parse([process.execPath, "vitest", "run", ...projects, ...args]);
