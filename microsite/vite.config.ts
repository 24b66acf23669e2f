import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "@formatjs/icu-messageformat-parser";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { keepBuilds } from "../scripts/keep-builds.ts";
import { brandFiles } from "../scripts/site-brand.ts";
import { documents, manifest, precompress } from "../scripts/site-build.ts";
import { brandPages } from "../scripts/site-pages.ts";
import { brand } from "./theme/brand.ts";

/** Parses the messages at build time, so the page needs no parser. Messages without arguments stay strings. */
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

/** Preloads the font: the first line of text needs it, and the styles would request it later. */
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

/**
 * Moves the styles before the scripts: they draw the page's shell and must not wait for the scripts on a slow
 * connection.
 */
const stylesFirst: Plugin = {
  name: "styles-first",
  transformIndexHtml: {
    order: "post",
    handler(html) {
      const styles = /\s*<link rel="stylesheet"[^>]*>/g;
      return html
        .replaceAll(styles, "")
        .replace(/\s*<script type="module"/, (script) => (html.match(styles) ?? []).join("") + script);
    },
  },
};

/** The worker that shows notifications keeps its name, because the browser reads it again at the same address. */
const pushWorker: Plugin = {
  name: "push-worker",
  apply: "build",
  generateBundle() {
    const source = readFileSync(join(import.meta.dirname, "push-worker.js"));
    this.emitFile({ type: "asset", fileName: "push-worker.js", source });
  },
};

/** Adds the development sign-in's `<meta>` element if the gateway offers it, as the gateway does in its own page. */
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
  // The gateway accepts its cookies only from its own origin, so the development server sends that origin.
  headers: { origin: new URL(gateway).origin },
};

export default defineConfig({
  base: "/",
  plugins: [
    messages,
    documents("microsite"),
    react(),
    manifest("microsite"),
    brandPages(join(import.meta.dirname, "theme/pages")),
    brandFiles(join(import.meta.dirname, "theme"), brand),
    pushWorker,
    preloadTypeface,
    stylesFirst,
    precompress,
    developmentSignIn,
    keepBuilds(),
  ],
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
    assetsDir: "site", // `/assets/` holds the rewards' pictures
    assetsInlineLimit: 0, // the policy does not allow `data:` pictures and fonts
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // Every page's shared code goes into two chunks instead of twenty. The menu, the dialog and the draw's verifier
        // load on demand.
        codeSplitting: {
          groups: [
            { name: "vendor", test: /node_modules\/(?!react-aria|react-stately|@react|@internationalized|zod|@noble)/ },
            {
              name: "shared",
              test: /microsite\/(src\/(graphql|session|i18n|shell(?!\/(account-menu|not-found))|ui(?!\/(dialog|qr-code)))|theme)\//,
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
