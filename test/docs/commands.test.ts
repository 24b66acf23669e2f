import { execFile } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, extname, join, normalize } from "node:path";
import { promisify } from "node:util";
import { parseAst } from "rolldown/parseAst";
import { beforeAll, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const find = (pattern: string) =>
  globSync(pattern, { cwd: root, exclude: (path) => /node_modules|dist|\.data/.test(path) });
const pages = find("**/*.md");
/** The scripts of every package.json: some examples have their own. */
const scripts = find("**/package.json").flatMap((path) =>
  Object.keys((JSON.parse(read(path)) as { scripts?: object }).scripts ?? {}),
);

/** Pages for those who run the production build, which has no npm scripts. */
const operatorsPages = ["database", "observability", "operations", "operators", "personal-data", "reconciliation"]
  .concat("runbook", "webhooks", "settings")
  .map((name) => `docs/${name}.md`);

let commands: string[];
beforeAll(async () => {
  const list = await promisify(execFile)(process.execPath, [join(root, "scripts/tessera.ts")]).catch(
    (error: { stderr: string }) => error.stderr,
  );
  commands = [...String(list).matchAll(/^ {2}(\S+)/gm)].map(([, name = ""]) => name);
  expect(commands).toContain("reconcile");
});

const npmScripts = (text: string) => [...text.matchAll(/\bnpm run\s+([\w:-]+)/g)].map(([, name = ""]) => name);
const buildCommands = (text: string) =>
  [...text.matchAll(/tessera\.mjs\s+([a-z][\w:-]*)/g)].map(([, name = ""]) => name);

describe("the documents", () => {
  test.each(pages)("%s: each command exists", (page) => {
    expect(npmScripts(read(page)).filter((name) => !scripts.includes(name))).toEqual([]);
    expect(buildCommands(read(page)).filter((name) => !commands.includes(name))).toEqual([]);
  });

  test.each(operatorsPages)("%s: a command of the production build is written as it is typed there", (page) => {
    expect(npmScripts(read(page)).filter((name) => commands.includes(name) && name !== "migrate")).toEqual([]);
  });
});

/** The modules of the production build that belong to the project. */
function modulesOf(entry: string, found = new Set<string>()): Set<string> {
  if (found.has(entry)) return found;
  found.add(entry);
  for (const [, from, alone, dynamic] of read(entry).matchAll(
    /^(?:import|export)\b[^;]*? from "(\.[^"]+)"|^import "(\.[^"]+)"|import\("(\.[^"]+)"\)/gm,
  )) {
    const path = normalize(join(dirname(entry), from ?? alone ?? dynamic ?? ""));
    const inBuild = path.replace(/\/stand-ins\.ts$/, "/no-stand-ins.ts");
    if (/\.tsx?$/.test(inBuild) && existsSync(join(root, inBuild))) modulesOf(inBuild, found);
  }
  return found;
}

/** The texts of a program: its literals, without its comments. */
function textsOf(path: string): string[] {
  const lang = extname(path) === ".tsx" ? "tsx" : "ts";
  const texts: string[] = [];
  JSON.stringify(parseAst(read(path), { lang }), (_key, node: { type?: string; value?: unknown } | null) => {
    if (node?.type === "Literal" || node?.type === "JSXText") texts.push(String(node.value));
    if (node?.type === "TemplateElement") texts.push((node.value as { raw: string }).raw);
    return typeof node === "bigint" ? String(node) : node;
  });
  return texts;
}

describe("the texts of the production build", () => {
  const sites = globSync("{console,microsite}/src/**/*.{ts,tsx}", { cwd: root });
  const modules = [...modulesOf("scripts/tessera.ts"), ...sites];

  test("have no npm script, and each named command exists", () => {
    expect(modules).toContain("src/app.ts");
    expect(modules).toContain("scripts/ask-gateway.ts");
    const both = "src/program/command-line.ts"; // has both forms of a command
    expect(textsOf(both).join()).toContain("npm run");
    const texts = modules
      .filter((path) => path !== both && /\bnpm (run|start|test|ci)\b|tessera\.mjs/.test(read(path)))
      .flatMap((path) => textsOf(path).map((text) => `${path}: ${text}`));
    expect(texts.filter((text) => /\bnpm (run|start|test|ci)\b/.test(text))).toEqual([]);
    expect(texts.flatMap(buildCommands).filter((name) => !commands.includes(name))).toEqual([]);
  });

  test("nor has the description of the graph", () => {
    const schema = globSync("schema/**/*.graphql", { cwd: root }).map(read).join("\n");
    expect(npmScripts(schema)).toEqual([]);
    expect(schema).toContain("audit:verify");
  });
});
