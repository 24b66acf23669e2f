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

/** The styles draw the page's shell: on a slow connection they are asked for before the scripts take the line. */
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
  plugins: [
    messages,
    documents("microsite"),
    react(),
    manifest("microsite"),
    brandPages(join(import.meta.dirname, "theme/pages")),
    brandFiles(join(import.meta.dirname, "theme"), brand),
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
