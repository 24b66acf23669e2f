import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Plugin } from "vite";

/** Builds whose files stay: the newest, and those that tabs opened before a deployment still run. */
const KEPT = 5;
const RECORD = ".builds.json";

/**
 * Keeps the hashed files of the last builds in the output directory, so that a tab that was opened before a deployment still
 * finds its chunks. Files with a fixed name (`index.html`) are the newest build's. Files of no kept build are deleted.
 */
export function keepBuilds(): Plugin {
  return {
    name: "keep-builds",
    apply: "build",
    config: () => ({ build: { emptyOutDir: false } }),
    writeBundle: {
      order: "post",
      async handler({ dir = "" }, bundle) {
        const files = Object.keys(bundle).sort();
        const record = join(dir, RECORD);
        const earlier = existsSync(record) ? (JSON.parse(await readFile(record, "utf8")) as string[][]) : [];
        // Hashes are of the content, so the same names are the same build.
        const others = earlier.filter((build) => build.join() !== files.join());
        const builds = [files, ...others].slice(0, KEPT);
        const kept = new Set(builds.flat());
        for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
          const path = join(entry.parentPath, entry.name);
          const name = relative(dir, path).replace(/\.(br|gz)$/, "");
          if (entry.isFile() && !entry.name.startsWith(".") && !kept.has(name)) await rm(path);
        }
        await writeFile(record, JSON.stringify(builds));
      },
    },
  };
}
