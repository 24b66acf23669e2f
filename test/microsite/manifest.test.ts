import { readFileSync } from "node:fs";
import { InMemoryCache } from "@apollo/client";
import { type DocumentNode, print } from "graphql";
import { expect, test } from "vitest";
import * as generated from "../../microsite/src/graphql/generated/graphql.ts";
import { siteManifests } from "../../src/http/pages.ts";

const manifest = JSON.parse(
  readFileSync(new URL("../../microsite/dist/documents.json", import.meta.url), "utf8"),
) as Record<string, string>;
const documents = Object.values<DocumentNode & { __meta__?: { hash: string } }>(generated).filter(
  ({ definitions }) => definitions?.[0]?.kind === "OperationDefinition",
);

test("the built site's manifest has exactly the documents of the sources, in the form that the cache sends", () => {
  const cache = new InMemoryCache();
  const sent = documents.map((document) => [
    `sha256:${document.__meta__?.hash}`,
    print(cache.transformDocument(document)),
  ]);
  expect(sent.length).toBeGreaterThan(20);
  expect(Object.fromEntries(sent)).toEqual(manifest);
});

test("a copy of the manifest is kept with its build, for tabs older than a later build", () => {
  const copies = siteManifests().earlier.map((file) => JSON.parse(readFileSync(file, "utf8")));
  expect(copies).toContainEqual(manifest);
});
