// Vite plugins shared by the builds of the microsite and the console.
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { type DocumentNode, print } from "graphql";
import type { Plugin } from "vite";

/** The site's folder in this project. */
export type Site = "microsite" | "console";

const readDocuments = (site: Site): Promise<Record<string, DocumentNode & { __meta__?: { hash: string } }>> =>
  import(new URL(`../${site}/src/graphql/generated/graphql.ts`, import.meta.url).pathname);

const IMPORTED = /import \{([^}]+)\} from "[^"]+\/generated\/graphql\.ts";/g;

/** Each document is a module of its own, so that it is loaded only with the page that sends it. */
export const documents = (site: Site): Plugin => ({
  name: "documents",
  apply: "build",
  enforce: "pre",
  transform: {
    filter: { id: new RegExp(`/${site}/src/.+\\.tsx?$`) },
    handler: (code) =>
      code.replace(
        IMPORTED,
        (
          _,
          names: string, // the other exports are types
        ) =>
          [...names.matchAll(/\b\w+Document\b/g)]
            .map(([name]) => `import { ${name} } from "document:${name}";`)
            .join(""),
      ),
  },
  resolveId: { filter: { id: /^document:/ }, handler: (id) => `\0${id}` },
  load: {
    filter: { id: /^\0document:/ },
    async handler(id) {
      const name = id.slice("\0document:".length);
      const { [name]: document } = await readDocuments(site);
      return `export const ${name} = JSON.parse(${JSON.stringify(JSON.stringify(document))});`;
    },
  },
});

/** Writes a compressed copy of each text file: the gateway sends the encoding that the browser accepts. */
export const precompress: Plugin = {
  name: "precompress",
  apply: "build",
  async writeBundle({ dir = "" }, bundle) {
    for (const file of Object.keys(bundle)) {
      if (!/\.(js|css|svg|html)$/.test(file)) continue;
      const content = await readFile(join(dir, file));
      if (content.length < 1_000) continue;
      const quality = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
      await writeFile(join(dir, `${file}.br`), brotliCompressSync(content, { params: quality }));
      await writeFile(join(dir, `${file}.gz`), gzipSync(content, { level: 9 }));
    }
  },
};

/**
 * Every document of the built site, by its id: the gateway's list of trusted documents. A copy under a hashed name
 * stays with the files of its build.
 */
export const manifest = (site: Site): Plugin => ({
  name: "manifest",
  apply: "build",
  async generateBundle() {
    const texts = Object.values(await readDocuments(site)).flatMap((document) =>
      document.__meta__ ? [[`sha256:${document.__meta__.hash}`, print(document)]] : [],
    );
    const source = JSON.stringify(Object.fromEntries(texts), null, 2);
    const hash = createHash("sha256").update(source).digest("hex").slice(0, 16);
    this.emitFile({ type: "asset", fileName: "documents.json", source });
    this.emitFile({ type: "asset", fileName: `documents/${hash}.json`, source });
  },
});
