import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { parse } from "@formatjs/icu-messageformat-parser";
import react from "@vitejs/plugin-react";
import { type DocumentNode, print } from "graphql";
import { defineConfig, type Plugin } from "vite";
import { keepBuilds } from "../scripts/keep-builds.ts";

/** Messages are parsed here, so that the page needs no parser. Those without arguments stay text. */
const messages: Plugin = {
  name: "messages",
  enforce: "pre",
  load: {
    filter: { id: /\/messages\/[a-z]+\.json$/ },
    handler(id) {
      const texts = JSON.parse(readFileSync(id, "utf8")) as Record<string, string>;
      const parsed = Object.entries(texts).map(([key, text]) => [
        key,
        /[{'<]/.test(text) ? parse(text, { captureLocation: false }) : text,
      ]);
      const code = `export default JSON.parse(${JSON.stringify(JSON.stringify(Object.fromEntries(parsed)))});`;
      return { code, moduleType: "js" };
    },
  },
};

const GENERATED = new URL("src/graphql/generated/graphql.ts", import.meta.url).pathname;
const IMPORTED = /import \{([^}]+)\} from "[^"]+\/generated\/graphql\.ts";/g;

/** Each document is a module of its own, so that it comes with the page that sends it, and not with all. */
const documents: Plugin = {
  name: "documents",
  apply: "build",
  enforce: "pre",
  transform: {
    filter: { id: /microsite\/src\/.+\.tsx?$/ },
    handler: (code) =>
      code.replace(
        IMPORTED,
        (
          _,
          names: string, // the others are types
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
      const { [name]: document } = (await import(GENERATED)) as Record<string, DocumentNode>;
      return `export const ${name} = JSON.parse(${JSON.stringify(JSON.stringify(document))});`;
    },
  },
};

/** Writes each text file compressed beside it: the gateway sends what the browser takes. */
const precompress: Plugin = {
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
 * Every document that the built site sends, under its id: the gateway's list of trusted documents. The same list under a
 * name with a hash stays with the files of its build.
 */
const manifest: Plugin = {
  name: "manifest",
  apply: "build",
  async generateBundle() {
    const documents = Object.values<DocumentNode & { __meta__?: { hash: string } }>(
      await import("./src/graphql/generated/graphql.ts"),
    );
    const texts = documents.flatMap((document) =>
      document.__meta__ ? [[`sha256:${document.__meta__.hash}`, print(document)]] : [],
    );
    const source = JSON.stringify(Object.fromEntries(texts), null, 2);
    const hash = createHash("sha256").update(source).digest("hex").slice(0, 16);
    this.emitFile({ type: "asset", fileName: "documents.json", source });
    this.emitFile({ type: "asset", fileName: `documents/${hash}.json`, source });
  },
};

/** The typeface is needed for the first line of text: it is asked for with the page, not after its styles. */
const preloadTypeface: Plugin = {
  name: "preload-typeface",
  transformIndexHtml: {
    order: "post",
    handler: (_, { bundle }) =>
      Object.keys(bundle ?? {})
        .filter((file) => /anek-latin-latin-wght.*\.woff2$/.test(file))
        .map((file) => ({
          tag: "link",
          attrs: { rel: "preload", as: "font", type: "font/woff2", href: `/${file}`, crossorigin: "" },
          injectTo: "head" as const,
        })),
  },
};

/** As the gateway does it: tells the page of the sign-in in development, where that gateway offers it. */
const developmentSignIn: Plugin = {
  name: "development-sign-in",
  apply: "serve",
  async transformIndexHtml() {
    const settings = await fetch(`${gateway}/graphiql/settings.json`)
      .then((response) => response.json() as Promise<{ signInPath?: string | null }>)
      .catch(() => undefined);
    const content = settings?.signInPath;
    return content ? [{ tag: "meta", attrs: { name: "development-sign-in", content } }] : [];
  },
};

const gateway = process.env["GATEWAY_URL"] || `http://localhost:${process.env["PORT"] || 4000}`;
const proxied = {
  target: gateway,
  changeOrigin: true,
  // The gateway lends its cookies to pages of its own origin only; in development this server stands in for it.
  headers: { origin: new URL(gateway).origin },
};

export default defineConfig({
  base: "/",
  plugins: [messages, documents, react(), manifest, preloadTypeface, precompress, developmentSignIn, keepBuilds()],
  resolve: {
    alias: [
      {
        find: /^@formatjs\/icu-messageformat-parser$/,
        replacement: "@formatjs/icu-messageformat-parser/no-parser.js",
      },
    ],
  },
  build: {
    target: "es2022",
    assetsDir: "site", // `/assets/` are the pictures of rewards
    assetsInlineLimit: 0, // a `data:` picture or font would need room in the policy
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // What every page needs, in two files instead of twenty. The menu and the dialog come when they are opened, and what
        // a draw is checked with when it is checked.
        codeSplitting: {
          groups: [
            { name: "vendor", test: /node_modules\/(?!react-aria|react-stately|@react|@internationalized|zod|@noble)/ },
            {
              name: "shared",
              test: /microsite\/(src\/(graphql|session|i18n|shell(?!\/(account-menu|not-found))|ui(?!\/dialog))|theme)\//,
            },
          ],
        },
      },
    },
  },
  css: { modules: { localsConvention: "camelCaseOnly" } },
  server: {
    port: 5173,
    proxy: {
      "/graphql": { ...proxied, ws: true },
      "/assets": proxied,
      "/images": proxied,
      "/draws": proxied,
      "/dev": proxied,
      "/graphiql": proxied,
    },
  },
});
