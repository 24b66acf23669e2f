// Builds what is generated and not committed, each only when its inputs changed: GraphQL types, Prisma client, GraphiQL, microsite.
//
//   node scripts/generate.mjs [--force]
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const force = process.argv.includes("--force");

const targets = [
  {
    name: "GraphQL types",
    inputs: ["schema/*.graphql", "microsite/src/**/*.graphql", "codegen.ts", "package-lock.json"],
    output: "src/graphql/generated",
    command: ["graphql-codegen", "--config", "codegen.ts", "--silent"],
  },
  {
    name: "Prisma client",
    inputs: ["prisma/schema.prisma", "package-lock.json"],
    output: "src/platform/generated/prisma",
    command: ["prisma", "generate", "--schema", "prisma/schema.prisma", "--no-hints"],
  },
  {
    name: "GraphiQL page",
    inputs: ["graphiql/*.*", "graphiql/src/**/*", "scripts/keep-builds.ts", "package-lock.json"],
    output: "graphiql/dist",
    command: ["vite", "build", "graphiql", "--logLevel", "warn"],
  },
  {
    name: "microsite",
    inputs: [
      "microsite/*.*",
      "microsite/{src,theme,messages}/**/*",
      "src/reward-processor/{draw,rules}/*.ts", // what a draw is checked with
      "scripts/keep-builds.ts",
      "package-lock.json",
    ],
    output: "microsite/dist",
    command: ["vite", "build", "microsite", "--logLevel", "warn"],
  },
];

function digest(patterns) {
  const hash = createHash("sha256");
  for (const file of globSync(patterns, { cwd: root }).sort()) {
    const path = join(root, file);
    if (statSync(path).isFile()) hash.update(file).update(readFileSync(path));
  }
  return hash.digest("hex");
}

for (const { name, inputs, output, command } of targets) {
  const stamp = join(root, output, ".inputs");
  const wanted = digest(inputs);
  if (!force && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) continue;
  console.error(`Generating ${name} …`);
  rmSync(stamp, { force: true }); // a build that fails may leave a part of its files
  const [bin, ...args] = command;
  const run = spawnSync(bin, args, { cwd: root, encoding: "utf8", shell: false });
  if (run.status !== 0) {
    console.error(run.stdout, run.stderr, run.error ?? "");
    process.exit(1);
  }
  mkdirSync(join(root, output), { recursive: true });
  writeFileSync(stamp, wanted);
}
