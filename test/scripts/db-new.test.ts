import { execFile } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";

/** A copy of what `npm run db:new` reads and writes. */
let copy: string;
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), "tessera-db-new-"));
  for (const part of ["package.json", "prisma", "sandbox", "scripts", "src"]) {
    cpSync(part, join(copy, part), { recursive: true });
  }
  symlinkSync(resolve("node_modules"), join(copy, "node_modules"));
});
afterEach(() => rmSync(copy, { recursive: true, force: true }));

const schema = () => join(copy, "prisma/schema.prisma");
const migrations = () => readdirSync(join(copy, "prisma/migrations"));
async function dbNew(title: string) {
  const { stdout } = await promisify(execFile)(process.execPath, [join(copy, "scripts/db-new.ts"), title]);
  return stdout;
}

test("db:new writes nothing, and says so, when the datamodel has not changed", async () => {
  const before = migrations();
  expect(await dbNew("no_change")).toMatch(/^No migration was written: prisma\/schema\.prisma has not changed/);
  expect(migrations()).toEqual(before);
});

test("db:new writes nothing, and says so, when the change of the datamodel needs no SQL", async () => {
  const before = migrations();
  appendFileSync(schema(), "\n// A comment.\n");
  expect(await dbNew("comment_only")).toMatch(/^No migration was written: .* needs no SQL/);
  expect(migrations()).toEqual(before);
  expect(readFileSync(join(copy, "prisma/migrations/schema.prisma"), "utf8")).toContain("// A comment.");
});

test("db:new writes a change of the datamodel as SQL", async () => {
  appendFileSync(schema(), "\nmodel WishList {\n  id String @id\n}\n");
  expect(await dbNew("wish_list")).toMatch(/^Wrote .*_wish_list\/migration\.sql/);
  const [written] = migrations().filter((name) => name.endsWith("_wish_list"));
  expect(readFileSync(join(copy, `prisma/migrations/${written}/migration.sql`), "utf8")).toContain("WishList");
});
