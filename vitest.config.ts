import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";
import { needs } from "./test/support/needs.ts";
import { RunReport } from "./test/support/run-report.ts";
import { slowFiles } from "./test/support/timings.ts";

/** The product's promises: the way to an order and its end, and a kill at each step that moves points. */
const core = [
  "test/{order,awards/credit}/kill.test.ts",
  "test/{auth/sign-in,catalog/catalogue,cart/cart,wallet/wallet,graphql/access-matrix}.test.ts",
  "test/{order/{place-order,cancel-and-reverse},awards/credit/credit}.test.ts",
];
/** Orders and awards through all other crashes, kills, lost answers and returned points. */
const durability = [
  "test/**/{kill,kill-*,storm}.test.ts",
  "test/reconciliation/restore.test.ts",
  "test/order/{issue-unknown,unknown-outcome,jobs,repeatable-ledger,revoke,shutdown}.test.ts",
];
/** Tests that start programs: the scripts of `package.json`, servers, other processes. */
const programs = [
  "test/scripts/**/*.test.ts",
  "test/program/start-failures.test.ts",
  "test/platform/{postgres,pgbouncer,many-processes}.test.ts",
  "test/sandbox/process.test.ts",
  "test/members/import-members.test.ts",
  "test/intake/{own-process,redis-intake}.test.ts",
];
/** The production build, and the steps of the Dockerfile. */
const image = ["test/deploy/image.test.ts", "test/scripts/production-build.test.ts"];
/** A recovery to a point in time, which `npm run test:recovery` walks through. */
const recovery = ["test/reconciliation/point-in-time.test.ts"];
/** Routers in front of the gateway, which `npm run test:routers` installs. */
const routers = ["test/federation/*.test.ts"];
/** The examples whose packages `npm run test:examples` installs. */
const examples = ["test/examples/{relay,bruno}.test.ts"];
/** The sites in a Chromium, which takes a third of the CPU time of all tests: `npm run test:browser`. */
const browser = [
  "test/{microsite,graphiql}/**/!(keep-builds|manifest|messages|page-texts|pages).test.ts",
  "test/{console/*-in-browser,examples/first-page}.test.ts",
];

/** The files that belong to a project by their kind. The others are in `slow` or `fast` by their recorded seconds. */
const ofOwnProjects = [core, durability, programs, browser, image, recovery, routers, examples].flat();

const project = (
  name: string,
  include: string[],
  exclude: string[] = [],
  options: { testTimeout?: number } = {},
): TestProjectInlineConfiguration => ({ extends: true, test: { name, include, exclude, ...options } });

export default defineConfig({
  // Node loads graphql's CommonJS build, Vite would pick its ES modules: two copies that do not accept each other's schema.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve("graphql") }] },
  test: {
    projects: [
      project("core", core),
      // A test that starts several processes, each of which takes a second of CPU time, takes minutes on a busy machine.
      project("durability", durability, core, { testTimeout: 300_000 }),
      // A test that looks at every page in several sizes takes minutes on a busy machine.
      project("browser", browser, [], { testTimeout: 300_000 }),
      project("programs", programs, image, { testTimeout: 300_000 }),
      // It installs every package once more, which takes minutes: .ci/run asks for it.
      ...(process.env["IMAGE"] ? [project("image", image)] : []),
      ...(process.env["RECOVERY"] ? [project("recovery", recovery)] : []),
      ...(process.env["ROUTERS"] ? [project("routers", routers)] : []),
      ...(process.env["EXAMPLES"] ? [project("examples", examples)] : []),
      project("slow", slowFiles, ofOwnProjects),
      project("fast", ["test/**/*.test.ts"], [...slowFiles, ...ofOwnProjects]),
    ],
    globalSetup: ["test/support/global-setup.ts"],
    reporters: ["default", new RunReport()],
    sequence: { sequencer: LongestFirst },
    tags: Object.entries(needs).map(([name, { isMet, remedy }]) => ({
      name: name as keyof typeof needs,
      description: `runs only where its need is met (${remedy})`,
      skip: !isMet,
    })),
    // The saga engine is a singleton of its process, so a process runs one file at a time. Each takes many, one after the
    // other: loading the gateway anew for each would cost more than the tests.
    pool: "forks",
    isolate: false,
    execArgv: ["--max-semi-space-size=64"], // a third less garbage collection
    maxWorkers: 3,
    maxConcurrency: 4,
    // Nothing waits for time, so only a busy machine comes near these.
    testTimeout: 90_000,
    expect: { poll: { timeout: 60_000 } },
    hookTimeout: 90_000,
    env: {
      NODE_NO_WARNINGS: "1",
      NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/node", import.meta.url)),
    },
  },
});
