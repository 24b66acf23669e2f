import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { keepBuilds } from "../scripts/keep-builds.ts";
import { documents, manifest, precompress } from "../scripts/site-build.ts";

const gateway = process.env["GATEWAY_URL"] || `http://localhost:${process.env["PORT"] || 4000}`;
const proxied = { target: gateway, changeOrigin: true, headers: { origin: new URL(gateway).origin } };

export default defineConfig({
  base: "/console/",
  plugins: [documents("console"), react(), manifest("console"), precompress, keepBuilds()],
  // The gateway's CSV reader imports `csv-parse`, which has a build for browsers.
  resolve: { alias: { "csv-parse/sync": "csv-parse/browser/esm/sync" } },
  build: {
    target: "es2022",
    assetsDir: "site",
    assetsInlineLimit: 0, // the content security policy does not allow `data:` pictures and fonts
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // Other modules are loaded with the page that needs them.
            {
              name: "vendor",
              test: /node_modules\/(?!react-aria|react-stately|@react|@internationalized|csv-parse|culori|diff\/|react-image-crop|@noble|zod|@simplewebauthn|lean-qr)/,
            },
            {
              name: "shared",
              test: /console\/src\/(graphql|session|shell|ui)\/|microsite\/(src|theme)\/(?!ui\/(dialog|qr-code)|activity)/,
            },
          ],
        },
      },
    },
  },
  css: { modules: { localsConvention: "camelCaseOnly" } },
  server: {
    port: 5174,
    proxy: {
      "/graphql": { ...proxied, ws: true },
      "/console/sign-in": proxied,
      "/console/enrolment": proxied,
      "/console/oidc": proxied,
      "/console/passkeys": proxied,
      "/console/sign-out": proxied,
      "/assets": proxied,
      "/images": proxied,
    },
  },
});
