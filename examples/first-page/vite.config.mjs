import { defineConfig } from "vite";

// Page and API have the same origin for the browser, so the session's cookies are sent without further settings.
export default defineConfig({
  server: { proxy: { "/graphql": { target: process.env.GATEWAY ?? "http://localhost:4000", ws: true } } },
});
