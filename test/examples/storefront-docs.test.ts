import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { withRefusals } from "../../scripts/storefront/refusals.ts";
import { withSamples } from "../../scripts/storefront/samples.ts";

const page = readFileSync(new URL("../../docs/storefront.md", import.meta.url), "utf8");

test("the page for storefronts has the samples of the examples, which tests run", () => {
  expect(page, "run npm run storefront:docs").toBe(withSamples(page));
  expect(page).toContain('import { createClient, fetchExchange } from "@urql/core";');
});

test("the page for storefronts has the refusals of the schema", () => {
  expect(page, "run npm run storefront:docs").toBe(withRefusals(page));
});
