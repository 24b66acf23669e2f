// Makes the production build in `dist`: the programs in a few files, and the files that they read. The build needs Node
// 24 and the packages in `dependencies`, which are not bundled; all other packages are bundled and therefore are
// `devDependencies`.
//
//   npm run build [-- <directory>]                  `dist` by default; then: node dist/bin/tessera.mjs <command>
//
// The build is reproducible: equal sources make equal bytes, whatever the directory contained before.
import { cp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { noticesOf } from "./build/notices.ts";
import { ascii, wasmFromFile } from "./build/plugins.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = resolve(root, process.argv[2] ?? "dist");
const unfinished = `${target}.unfinished`;

/** The files and directories that the programs find by `packageFile`. GraphiQL is not served in production. */
const files = ["schema", "prisma/migrations", "assets", "microsite/dist", "console/dist", "docs-site/dist"];
/** Optional packages of dependencies that the gateway does not need. */
const WITHOUT = ["pg-native", "@node-rs/xxhash"];

const { dependencies = {} } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
  dependencies?: Record<string, string>;
};
const notBundled = [...Object.keys(dependencies), ...WITHOUT];
const isExternal = (id: string) => isBuiltin(id) || notBundled.some((name) => id === name || id.startsWith(`${name}/`));

await rm(unfinished, { recursive: true, force: true });
const bundle = await rolldown({
  cwd: root,
  input: { tessera: "scripts/tessera.ts" },
  platform: "node",
  external: isExternal,
  plugins: [
    {
      name: "no-stand-ins",
      resolveId: (id) => (id.endsWith("/stand-ins.ts") ? join(root, "src/program/no-stand-ins.ts") : undefined),
    },
    wasmFromFile,
    ascii,
  ],
  logLevel: "silent", // messages of packages
});
const { output } = await bundle.write({
  dir: join(unfinished, "bin"),
  entryFileNames: "[name].mjs",
  chunkFileNames: "[name]-[hash].mjs",
  comments: { legal: true, annotation: false, jsdoc: false },
});
await bundle.close();

const chunks = output.filter((file) => file.type === "chunk");
const own = new Set(chunks.map(({ fileName }) => fileName));
const missing = chunks
  .flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports])
  .filter((id) => !own.has(id) && !isExternal(id));
if (missing.length > 0)
  throw new Error(`Not found, so not bundled: ${missing.join(", ")}. Install them, or add them to WITHOUT.`);

const modules = chunks.flatMap(({ moduleIds }) => moduleIds);
await writeFile(join(unfinished, "third-party-notices.txt"), await noticesOf(modules));
for (const file of files) {
  await cp(join(root, file), join(unfinished, file), {
    recursive: true,
    filter: (path) => !basename(path).startsWith("."), // the builders' own records
  });
}
await rm(target, { recursive: true, force: true });
await rename(unfinished, target);
const bytes = chunks.reduce((sum, { code }) => sum + Buffer.byteLength(code), 0);
console.log(
  `Built ${target}: ${(bytes / 1e6).toFixed(1)} MB of code. Run it with node ${join(target, "bin/tessera.mjs")} <command>.`,
);
