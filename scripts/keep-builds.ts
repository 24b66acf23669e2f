import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Plugin } from "vite";

/** The number of builds whose files stay: the newest, and earlier ones that open tabs still run. */
const KEPT = 5;
const RECORD = ".builds.json";

/**
 * Keeps the hashed files of the last builds in the output directory, so that a tab opened before a deployment still
 * finds its chunks. Files with a fixed name (`index.html`) are the newest build's. Files of older builds are deleted.
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
        // The hashes depend on the content, so equal names mean the same build.
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
