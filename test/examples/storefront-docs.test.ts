import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { withRefusals } from "../../scripts/storefront/refusals.ts";

test("the page for storefronts has the refusals of the schema", () => {
  const page = readFileSync(new URL("../../docs/storefront.md", import.meta.url), "utf8");
  expect(page, "run npm run storefront:docs").toBe(withRefusals(page));
});
