import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

interface Manifest {
  name: string;
  version: string;
  license?: string;
}

/**
 * Collects the licences of the bundled packages, because most licences require their redistribution.
 *
 * @param modules paths of the bundled modules
 * @returns a text with each package, its version and its licence, sorted by name
 * @throws Error if a package has neither a licence text nor the name of a licence
 */
export async function noticesOf(modules: readonly string[]): Promise<string> {
  const directories = new Set(modules.filter((id) => id.includes("/node_modules/")).map(packageDirectory));
  const notices = await Promise.all([...directories].map(readNotice));
  return `${[...new Set(notices)].sort().join(`\n${"-".repeat(80)}\n\n`)}`;
}

/** The directory below the last `node_modules` of the path. */
function packageDirectory(module: string): string {
  const [, directory = ""] = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(module) ?? [];
  if (!existsSync(join(directory, "package.json"))) throw new Error(`${module} is in no package`);
  return directory;
}

async function readNotice(directory: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(directory, "package.json"), "utf8")) as Manifest;
  const files = (await readdir(directory)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)).sort();
  if (files.length === 0 && !license) throw new Error(`${name} ${version} states no licence`);
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), "utf8")));
  return `${[`${name} ${version} (${license ?? "see below"})`, ...texts.map((text) => text.trim())].join("\n\n")}\n`;
}
