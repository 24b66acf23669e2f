import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type InProcessGateway, startTestGateway, until } from "../support/gateway.ts";
import { operatorKey } from "../support/operator-key.ts";
import { png } from "../support/png.ts";
import { idleInBackground } from "../support/sql-spy.ts";

let gateway: InProcessGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ PUBLIC_ORIGIN: "https://shop.example.com" });
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Brand {
  name: string | null;
  primaryColour: string | null;
  logoUrl: string | null;
  supportUrl: string | null;
}
interface Answer {
  brand: Brand | null;
  userErrors: { code: string; message: string; field: string[] | null }[];
}
const fields = "name primaryColour logoUrl supportUrl";
const nothing = { name: null, primaryColour: null, logoUrl: null, supportUrl: null };

async function setBrand(input: Partial<Brand>, of = gateway): Promise<Answer> {
  const { data } = await of.operator.send<{ setBrand: Answer }>(
    `mutation ($input: SetBrandInput!) { setBrand(input: $input) { brand { ${fields} } userErrors { code message field } } }`,
    { input },
  );
  if (!data) throw new Error("setBrand was not answered");
  return data.setBrand;
}
const brandOf = async (of = gateway) => (await of.anonymous.ok<{ brand: Brand }>(`{ brand { ${fields} } }`)).brand;

async function uploadLogo(width = 256, height = 256): Promise<string> {
  const { it } = await gateway.operator.ok<{ it: { imageUrl: string } }>(
    "mutation ($input: UploadPictureInput!) { it: uploadPicture(input: $input) { imageUrl } }",
    { input: { base64: png(width, height).toString("base64") } },
  );
  return it.imageUrl;
}

const page = async (path: string) => {
  const answer = await fetch(`${gateway.url}${path}`, { headers: { accept: "text/html" } });
  return { html: await answer.text(), policy: answer.headers.get("content-security-policy") ?? "" };
};

test("a brand is set, read by everybody, and recorded with the one before it", async () => {
  expect(await brandOf()).toEqual(nothing);
  const logoUrl = await uploadLogo();
  const input = {
    name: " Brew & Leaf ",
    primaryColour: "#6A1B9A",
    logoUrl,
    supportUrl: "mailto:help@brew.example.com",
  };
  const stored = { ...input, name: "Brew & Leaf", primaryColour: "#6a1b9a" };
  expect(await setBrand(input)).toEqual({ brand: stored, userErrors: [] });
  expect(await brandOf()).toEqual(stored);
  const { brand } = await gateway.anonymous.ok<{ brand: { colours: Record<string, { primary: string }> } }>(
    "{ brand { colours { light { primary } dark { primary } } } }",
  );
  expect(brand.colours["light"]?.primary).toBe("#6a1b9a");
  expect(brand.colours["dark"]?.primary).not.toBe("#6a1b9a");

  expect(await setBrand({ name: "Brew" })).toEqual({ brand: { ...nothing, name: "Brew" }, userErrors: [] });
  const [entry] = await gateway.sql<{ details: unknown }>(
    "select details from audit_log where action = 'brand.set' order by id desc limit 1",
  );
  expect(entry?.details).toEqual({ before: stored, after: { ...nothing, name: "Brew" } });
  expect(await setBrand({})).toEqual({ brand: nothing, userErrors: [] });
});

test.each([
  ["name", { name: "x".repeat(41) }, "is longer than 40 characters"],
  ["name", { name: "\u200b" }, "is empty"],
  ["name", { name: "Brew\nLeaf" }, "has a line break or another control character"],
  ["primaryColour", { primaryColour: "purple" }, "is not a colour such as #12665c"],
  ["primaryColour", { primaryColour: "#fff;}" }, "is not a colour such as #12665c"],
  [
    "primaryColour",
    { primaryColour: "#ffd400" },
    "has a contrast of 1.16 to the page, and at least 3 is required. The next darker",
  ],
  ["logoUrl", { logoUrl: "https://elsewhere.example.com/logo.png" }, "is not a picture that was uploaded here"],
  ["logoUrl", { logoUrl: `/images/pictures/${"0".repeat(64)}.png` }, "is not a picture that was uploaded here"],
  ["supportUrl", { supportUrl: "javascript:alert(1)" }, "is not an https address or a mailto address"],
  ["supportUrl", { supportUrl: "http://help.example.com" }, "is not an https address"],
  ["supportUrl", { supportUrl: "https://user:secret@help.example.com" }, "is not an https address"],
])("a bad %s is refused with its reason: %j", async (field, input, reason) => {
  expect(await setBrand(input)).toEqual({
    brand: null,
    userErrors: [
      { code: "INVALID_INPUT", message: expect.stringContaining(`${field}: ${reason}`), field: ["input", field] },
    ],
  });
  expect(await brandOf()).toEqual(nothing);
});

test("a wide picture is no logo", async () => {
  const { userErrors } = await setBrand({ logoUrl: await uploadLogo(640, 300) });
  expect(userErrors).toMatchObject([
    { message: expect.stringContaining("has 640 × 300 pixels"), field: ["input", "logoUrl"] },
  ]);
});

test("only administrators set the brand", async () => {
  for (const role of ["catalogue", "support", "orders", "rewards"] as const) {
    const key = await operatorKey(gateway, [role]);
    const { errors } = await key.send(`mutation { setBrand(input: { name: "Mine" }) { userErrors { code } } }`);
    expect(errors?.[0]?.extensions?.["code"]).toBe("FORBIDDEN");
  }
  expect(await brandOf()).toEqual(nothing);
});

test("the pages have the brand without another request, and their policy allows exactly its style sheet", async () => {
  const before = await page("/rewards");
  expect(before.html).not.toContain("<style");
  expect(before.policy).toContain("style-src 'self';");

  const name = `"Brew" <& Leaf>`;
  const logoUrl = await uploadLogo();
  await setBrand({ name, primaryColour: "#6a1b9a", logoUrl, supportUrl: "https://help.example.com/?a=1&b=2" });
  const escaped = "&quot;Brew&quot; &lt;&amp; Leaf&gt;";
  for (const path of ["/", "/rewards", "/no/such/page"]) {
    const { html, policy } = await page(path);
    expect(html).toContain(`<title>${escaped}</title>`);
    expect(html).toContain(`<meta property="og:site_name" content="${escaped}">`);
    expect(html).toContain(`<meta property="og:image" content="https://shop.example.com${logoUrl}">`);
    expect(html).toContain(`<link rel="icon" type="image/png" href="${logoUrl}" />`);
    expect(html).toContain(`<link rel="apple-touch-icon" href="${logoUrl}">`);
    expect(html).toMatch(new RegExp(`<div class="boot-bar"><img src="${logoUrl}"[^\n]*<span>${escaped}</span>`));
    expect(html).not.toContain("Tessera");
    const [, style = ""] = /<style>([^<]*)<\/style>/.exec(html) ?? [];
    expect(style).toContain("--glaze:#6a1b9a");
    const hash = createHash("sha256").update(style).digest("base64");
    expect(policy).toContain(`style-src 'self' 'sha256-${hash}';`);
  }
  const console_ = await page("/console/orders");
  expect(console_.html).toContain(`<title>Console · ${escaped}</title>`);
  expect(console_.html).toContain("--glaze:#6a1b9a");

  const manifest = await fetch(`${gateway.url}/app.webmanifest`);
  expect(manifest.headers.get("content-type")).toContain("application/manifest+json");
  expect(await manifest.json()).toMatchObject({
    name,
    short_name: name,
    display: "standalone",
    icons: [{ src: logoUrl, sizes: "256x256", type: "image/png" }],
  });
  await setBrand({});
  expect(await page("/rewards")).toEqual(before);
});

test("another process shows the brand as soon as it is set", async () => {
  // Within 15 s nothing but the notification ends the time for which the brand is kept.
  const env = { DATABASE_URL: gateway.databaseUrl, CLIENT_API_URL: gateway.sandbox.url };
  await using there = await startTestGateway(env, idleInBackground);
  expect(await brandOf(there)).toEqual(nothing);
  await setBrand({ name: "Brew" });
  await until(async () => (await brandOf(there)).name === "Brew", 15_000);
  await setBrand({});
  await until(async () => (await brandOf(there)).name === null, 15_000);
});
