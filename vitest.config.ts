import { createRequire } from "node:module";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // Node loads graphql's CommonJS build, Vite would pick its ES modules: two copies that do not accept each other's schema.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve("graphql") }] },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    // The saga engine is a singleton of its process, so a process runs one file at a time. Each takes many, one after the
    // other: loading the gateway anew for each would cost more than the tests.
    pool: "forks",
    isolate: false,
    maxWorkers: 3,
    maxConcurrency: 4,
    // Nothing waits for time, so only a busy machine comes near these.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    env: { NODE_NO_WARNINGS: "1", NODE_COMPILE_CACHE: "node_modules/.cache/node" },
  },
});
