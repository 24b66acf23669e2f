import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { brand } from "../../microsite/theme/brand.ts";
import { readPage } from "../../scripts/site-pages.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

/** The gateway serves the built site. `npm test` builds it, like any other command. */

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${gateway.url}${path}`, { headers });

test.each([
  "/",
  "/signin",
  "/rewards",
  "/rewards/BREWHAUS-250",
  "/activity",
  "/cart",
  "/checkout",
  "/orders",
  "/orders/T3JkZXI6MQ",
  "/vouchers",
  "/statement",
  "/info/help",
])("%s is the site, under a policy without inline code", async (path) => {
  const response = await get(path);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  const policy = response.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("unsafe");
  expect(response.headers.get("cache-control")).toBe(path === "/signin" ? "no-store" : "no-cache");
  expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  expect(await response.text()).not.toMatch(/<style|<script(?![^>]* src=)/);
});

test.each(["/nothing", "/rewards/a/b", "/site/", "/site/nothing.js", "/.env", "/site/../index.html.br"])(
  "%s is not found",
  async (path) => {
    expect((await get(path)).status).toBe(404);
  },
);

test("scripts are sent compressed, and may be cached for ever", async () => {
  const [script = ""] = /\/site\/[\w.-]+\.js/.exec(await (await get("/")).text()) ?? [];
  for (const encoding of ["br", "gzip"]) {
    const { headers } = await get(script, { "accept-encoding": encoding });
    expect(headers.get("content-encoding")).toBe(encoding);
    expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(headers.get("content-type")).toMatch(/javascript/);
  }
});

test("the site can be installed, and a shared link has a picture, all made of the brand's logo", async () => {
  await using published = await startTestGateway({ PUBLIC_ORIGIN: "https://rewards.example.com" });
  const html = await (await fetch(published.url)).text();
  expect(html).not.toMatch(/%[A-Z]+%/);
  expect(html).toContain(`<meta property="og:title" content="${brand.name}">`);
  const [, preview = ""] = /og:image" content="https:\/\/rewards\.example\.com([^"]+)"/.exec(html) ?? [];
  const [, touchIcon = ""] = /rel="apple-touch-icon" href="([^"]+)"/.exec(html) ?? [];
  const [, manifest = ""] = /rel="manifest" href="([^"]+)"/.exec(html) ?? [];
  const response = await get(manifest);
  expect(response.headers.get("content-type")).toContain("application/manifest+json");
  const {
    name,
    start_url: start,
    icons,
  } = (await response.json()) as {
    name: string;
    start_url: string;
    icons: { src: string; sizes: string }[];
  };
  expect([name, start]).toEqual([brand.name, "/"]);
  const sizes = async (path: string) => {
    const { width, height } = await sharp(Buffer.from(await (await get(path)).arrayBuffer())).metadata();
    return `${width}x${height}`;
  };
  for (const icon of icons) expect(await sizes(icon.src)).toBe(icon.sizes);
  expect([await sizes(touchIcon), await sizes(preview)]).toEqual(["180x180", "1200x630"]);
});

test("a page of the brand is Markdown without HTML and without links that run scripts", () => {
  const text = '# Help\n\n- One <b onclick="x()">two</b>\n- [three](javascript:alert(1)) [four](/orders)\n';
  expect(readPage(text, "help.en.md")).toEqual({
    title: "Help",
    content: [
      {
        tag: "ul",
        children: [
          { tag: "li", children: ['One <b onclick="x()">two</b>'] },
          {
            tag: "li",
            children: ["[three](javascript:alert(1)) ", { tag: "a", href: "/orders", children: ["four"] }],
          },
        ],
      },
    ],
  });
  expect(() => readPage("Help", "help.en.md")).toThrow("help.en.md has no title");
});

test("GraphiQL has its own path", async () => {
  const response = await fetch(`${gateway.url}/graphiql`, { redirect: "manual" });
  expect([response.status, response.headers.get("location")]).toEqual([302, "/graphiql/"]);
});
