// Generates uncommitted files, each only if its inputs have changed: GraphQL types, Prisma client, GraphiQL,
// documentation, microsite, console.
//
//   node scripts/generate.mjs [--force]
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { takeLock } from "./setup/lock.mjs";
import { clearStep, showStep } from "./setup/progress.mjs";

const root = realpathSync(fileURLToPath(new URL("..", import.meta.url)));
const force = process.argv.includes("--force");

const graphqlTypes = {
  name: "GraphQL types",
  inputs: [
    "schema/*.graphql",
    "{microsite,console}/src/**/*.graphql",
    "codegen.ts",
    "scripts/client-sdl.ts",
    "src/graphql/router-names.ts",
    "src/graphql/subgraph-sdl.ts",
    "package-lock.json",
  ],
  outputs: [
    "src/graphql/generated",
    "src/domain/generated",
    "microsite/src/graphql/generated",
    "console/src/graphql/generated",
    "docs/schema.graphql",
    "docs/subgraph.graphql",
  ],
  command: ["graphql-codegen", "--config", "codegen.ts", "--silent"],
};
const prismaClient = {
  name: "Prisma client",
  inputs: ["prisma/schema.prisma", "package-lock.json"],
  outputs: ["src/platform/generated/prisma"],
  command: ["prisma", "generate", "--schema", "prisma/schema.prisma", "--no-hints"],
};
const graphiqlPage = {
  name: "GraphiQL page",
  inputs: ["graphiql/*.*", "graphiql/src/**/*", "scripts/keep-builds.ts", "package-lock.json"],
  outputs: ["graphiql/dist"],
  command: ["vite", "build", "graphiql", "--logLevel", "warn"],
};
const microsite = {
  name: "microsite",
  inputs: [
    "microsite/*.*",
    "microsite/{src,theme,messages}/**/*",
    "src/draws/*.ts", // the code that verifies a draw
    "src/{domain/field-problem,platform/slug}.ts",
    "src/{auth/read-otp,order/countries}.ts",
    "scripts/{keep-builds,site-brand,site-build,site-pages}.ts",
    "package-lock.json",
  ],
  outputs: ["microsite/dist"],
  command: ["vite", "build", "microsite", "--logLevel", "warn"],
};
const operatorConsole = {
  name: "console",
  inputs: [
    "console/*.*",
    "console/src/**/*",
    "microsite/src/{ui,shell}/*", // shared with the microsite
    "src/{brand/colours,platform/csv-table}.ts",
    "microsite/theme/**/*",
    "scripts/{keep-builds,site-build}.ts",
    "package-lock.json",
  ],
  outputs: ["console/dist"],
  command: ["vite", "build", "console", "--logLevel", "warn"],
};

const documentation = {
  name: "documentation",
  inputs: [
    "docs-site/*.*",
    "docs/schema.graphql",
    "docs/{storefront,clients,webhooks,federation,points-provider,glossary}.md",
    "docs/openapi/{rest,client-points}.yaml",
    "package-lock.json",
  ],
  outputs: ["docs-site/dist"],
  command: ["node", "docs-site/build.ts"],
};

/**
 * Lanes run concurrently; the steps of a lane run in sequence. The sites are built from the GraphQL types, the
 * documentation from the schema.
 */
const lanes = [
  [graphqlTypes, microsite, operatorConsole, documentation],
  [prismaClient, graphiqlPage],
];

function digest(patterns) {
  const hash = createHash("sha256");
  for (const file of globSync(patterns, { cwd: root }).sort()) {
    const path = join(root, file);
    if (statSync(path).isFile()) hash.update(file).update(readFileSync(path));
  }
  return hash.digest("hex");
}

const stampOf = ({ outputs: [output] }) => join(root, output, ".inputs");

function isCurrent(target) {
  const stamp = stampOf(target);
  const isThere = target.outputs.every((output) => existsSync(join(root, output)));
  return isThere && existsSync(stamp) && readFileSync(stamp, "utf8") === digest(target.inputs);
}

const generators = new Set();
function end(code, signal = "SIGTERM") {
  for (const generator of generators) generator.kill(signal);
  process.exit(code);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => end(128 + constants.signals[signal], signal));

async function build({ name, inputs, command: [bin, ...args] }, stamp, lock) {
  const wanted = digest(inputs);
  rmSync(stamp, { force: true }); // a failed or interrupted build may leave incomplete files
  showStep(`Generating ${name}`);
  const generator = spawn(bin, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  generators.add(generator);
  generator.on("spawn", () => lock.include(generator.pid));
  const [outcome, ...printed] = await Promise.all([
    new Promise((resolve) => generator.on("close", (code, signal) => resolve(signal ?? code)).on("error", resolve)),
    text(generator.stdout),
    text(generator.stderr),
  ]);
  generators.delete(generator);
  if (outcome !== 0) {
    clearStep();
    console.error(`${printed.join("\n").trim()}\nGenerating ${name} failed: ${[bin, ...args].join(" ")} (${outcome}).`);
    end(1);
  }
  mkdirSync(join(stamp, ".."), { recursive: true });
  writeFileSync(stamp, wanted);
}

if (force || !lanes.flat().every(isCurrent)) {
  const lock = await takeLock(root);
  await Promise.all(
    lanes.map(async (lane) => {
      for (const target of lane) if (force || !isCurrent(target)) await build(target, stampOf(target), lock);
    }),
  );
  clearStep();
  lock.release();
}
