import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const pages = globSync("**/*.md", { cwd: root, exclude: (path) => /node_modules|dist|\.data/.test(path) });

/** The text of a page without its code, which may contain text like links and headings. */
const read = (page: string) => readFileSync(join(root, page), "utf8").replace(/^ *```[\s\S]*?^ *```/gm, "");

/** The anchors that GitHub makes of the headings of a page. */
function anchorsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test.each(pages)("%s links to files and headings that exist", (page) => {
  const targets = [
    ...read(page)
      .replace(/`[^`]*`/g, "")
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].map(([, target = ""]) => target);
  const broken = targets.filter((target) => {
    if (/^([a-z]+:|\/)/.test(target)) return false; // external, or of the microsite, as in the brand's own pages
    const [path = "", anchor] = target.split("#");
    const file = path ? join(dirname(page), path) : page;
    if (!existsSync(join(root, file))) return true;
    return anchor !== undefined && !anchorsOf(file).includes(anchor);
  });
  expect(broken).toEqual([]);
});

/** Every file of the repository, as its path and as each of the path's ends: `order/order.ts` and `order.ts` as well. */
const pathEnds = new Set(
  globSync("**/*.{ts,tsx,sql,graphql,prisma,sh}", {
    cwd: root,
    exclude: (path) => /node_modules|dist|\.data/.test(path),
  }).flatMap((path) => path.split("/").map((_, depth, parts) => parts.slice(depth).join("/"))),
);

// `gateway.config.ts` is a file of the reader's own router.
const READERS_OWN = new Set(["gateway.config.ts"]);

test.each(pages.filter((page) => page !== "CHANGELOG.md"))("%s names source files that exist", (page) => {
  const named = [...read(page).matchAll(/`((?:[\w.@-]+\/)*[\w.@-]+\.(?:ts|tsx|sql|prisma|sh))`/g)].map(
    ([, path = ""]) => path,
  );
  expect(named.filter((path) => !pathEnds.has(path) && !READERS_OWN.has(path))).toEqual([]);
});

test("the README is short", () => {
  expect(readFileSync(join(root, "README.md"), "utf8").split("\n").length).toBeLessThanOrEqual(200);
});
