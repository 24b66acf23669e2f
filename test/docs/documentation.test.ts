import { globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { buildSchema } from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

const root = join(import.meta.dirname, "../..");
const dist = join(root, "docs-site/dist");
const files = new Set(globSync("**/*.*", { cwd: dist }));
const pages = [...files].filter((file) => file.endsWith(".html"));
const read = (file: string) => readFileSync(join(dist, file), "utf8");

describe("the documentation", () => {
  test("has a page for every operation and type of the schema", () => {
    const schema = buildSchema(readFileSync(join(root, "docs/schema.graphql"), "utf8"), { assumeValidSDL: true });
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const operations = roots.flatMap((type) => Object.keys(type?.getFields() ?? {}));
    const types = Object.keys(schema.getTypeMap()).filter(
      (name) => !name.startsWith("__") && !roots.some((type) => type?.name === name),
    );
    const titles = (JSON.parse(read("search.json")) as { title: string }[]).map(({ title }) => title);
    expect([...operations, ...types].filter((name) => !titles.includes(name))).toEqual([]);
  });

  test("links to pages and headings that exist", () => {
    const anchorsOf = (file: string) => [...read(file).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/ (?:href|src)="(\/docs\/[^"#]*|)(?:#([^"]*))?"/g)]
        .filter(([, address = "", anchor]) => {
          const path = posix.relative("/docs/", address || `/docs/${page}`) || "index.html";
          return !files.has(path) || (anchor !== undefined && !anchorsOf(path).includes(anchor));
        })
        .map(([link]) => `${page}: ${link}`),
    );
    expect(broken).toEqual([]);
  });
});

describe("the gateway", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  test("serves the documentation under a strict policy", async () => {
    expect((await fetch(`${gateway.url}/docs`)).url).toBe(`${gateway.url}/docs/`);
    for (const path of ["", "mutations/place-order.html", "storefront.html", "openapi/rest.html"]) {
      const response = await fetch(`${gateway.url}/docs/${path}`);
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get("content-security-policy")).toMatch(
        /^default-src 'none'; script-src 'self'; style-src 'self'/,
      );
      expect(await response.text()).not.toMatch(/<script>|<style| style="/);
    }
    const yaml = await fetch(`${gateway.url}/docs/openapi/rest.yaml`);
    expect(await yaml.text()).toBe(readFileSync(join(root, "docs/openapi/rest.yaml"), "utf8"));
  });
});
