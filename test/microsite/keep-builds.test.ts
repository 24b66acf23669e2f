import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { expect, onTestFinished, test } from "vitest";
import { keepBuilds } from "../../scripts/keep-builds.ts";

/** A project of two chunks. `built` builds a version and returns the files. */
function project() {
  const root = mkdtempSync(join(tmpdir(), "tessera-builds-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "src"));
  writeFileSync(join(root, "index.html"), '<script type="module" src="/src/main.js"></script>');
  writeFileSync(join(root, "src/main.js"), 'import("./page.js").then(({ version }) => console.log(version));');
  const files = () => readdirSync(join(root, "dist"), { recursive: true, encoding: "utf8" });
  return {
    root,
    files,
    async built(version: string): Promise<string[]> {
      writeFileSync(join(root, "src/page.js"), `export const version = ${JSON.stringify(version)};`);
      await build({ root, configFile: false, logLevel: "silent", plugins: [keepBuilds()] });
      const page = files().filter((file) => file.endsWith(".js"));
      return page.filter((file) => readFileSync(join(root, "dist", file), "utf8").includes(version));
    },
  };
}

test("chunks of the last five builds are kept, and older ones are deleted", async () => {
  const { built, files } = project();
  const chunks: string[] = [];
  for (const version of ["one", "two", "three", "four", "five", "six"]) chunks.push(...(await built(version)));
  expect(new Set(chunks).size).toBe(6);
  expect(chunks.filter((chunk) => files().includes(chunk))).toEqual(chunks.slice(1));
});

test("a repeated build replaces no earlier one, and files of no build are deleted", async () => {
  const { root, built, files } = project();
  const [first = "none"] = await built("one");
  writeFileSync(join(root, "dist/assets/stray.js.br"), "");
  writeFileSync(join(root, "dist/.inputs"), "");
  for (let again = 0; again < 6; again += 1) await built("two");
  expect(files()).toContain(first);
  expect(files()).toContain(".inputs");
  expect(files()).not.toContain(join("assets", "stray.js.br"));
});
