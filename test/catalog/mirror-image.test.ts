import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pictureOf } from "../../sandbox/capillary/pictures.ts";
import { fallbackPicture } from "../../src/catalog/mirror/image/fallback-picture.ts";
import { makePictureFetcher, type PictureFetcher } from "../../src/catalog/mirror/image/fetch-picture.ts";
import { isPublic } from "../../src/platform/public-address.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

/** A server of pictures, and the requests that it received. */
async function startPictures(answers: Record<string, { status?: number; headers?: object; body?: Buffer | string }>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const { status = 200, headers = {}, body = "" } = answers[request.url ?? ""] ?? { status: 404 };
    response.writeHead(status, { ...headers }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
type Pictures = Awaited<ReturnType<typeof startPictures>>;

const png = Buffer.from("89504e470d0a1a0a0000", "hex");
const octets = { "content-type": "binary/octet-stream" };

describe("the picture at an address", () => {
  let trusted: Pictures;
  let elsewhere: Pictures;
  let fetcher: PictureFetcher;
  beforeAll(async () => {
    elsewhere = await startPictures({ "/a.png": { body: png } });
    trusted = await startPictures({
      "/a.png": { headers: octets, body: png },
      "/a.svg": { headers: { "content-type": "image/svg+xml" }, body: "<svg/>" },
      "/page": { headers: { "content-type": "text/html" }, body: "<svg/>" },
      "/lie.png": { headers: { "content-type": "image/png" }, body: "<script>" },
      "/big": { headers: octets, body: Buffer.concat([png, Buffer.alloc(2 * 1024 * 1024)]) },
      "/expired": { status: 403, body: png },
      "/moved": { status: 302, headers: { location: `${elsewhere.url}/a.png` }, body: png },
    });
    fetcher = makePictureFetcher({ trustedOrigin: trusted.url, timeoutMs: 60_000 });
  });
  afterAll(async () => {
    await fetcher.close();
    await trusted.stop();
    await elsewhere.stop();
  });

  test("is recognised by its bytes, with any name", async () => {
    expect(await fetcher.fetch(`${trusted.url}/a.png`)).toEqual({ bytes: png, type: "image/png" });
    expect(await fetcher.fetch(`${trusted.url}/a.svg`)).toMatchObject({ type: "image/svg+xml" });
  });

  test.each(["/page", "/lie.png", "/big", "/expired", "/gone"])("is refused if it is like %s", async (path) => {
    expect(await fetcher.fetch(`${trusted.url}${path}`)).toBeNull();
    expect(trusted.asked).toContain(path);
  });

  test("is not fetched over redirects, nor from addresses that are not public", async () => {
    expect(await fetcher.fetch(`${trusted.url}/moved`)).toBeNull();
    for (const address of [
      `${elsewhere.url}/a.png`,
      `${elsewhere.url.replace("http:", "https:")}/a.png`,
      "https://127.0.0.1/a.png",
      "https://[::1]/a.png",
      "https://localhost/a.png",
      "file:///etc/hostname",
      "data:image/svg+xml,<svg/>",
      "nonsense",
    ]) {
      expect(await fetcher.fetch(address)).toBeNull();
    }
    expect(elsewhere.asked).toEqual([]);
  });

  test.each([
    "127.0.0.1",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "::ffff:10.0.0.1",
    "fd00::1",
    "fe80::1",
  ])("is not fetched from %s", (address) => {
    expect(isPublic(address)).toBe(false);
  });
  test.each(["52.95.110.1", "172.32.0.1", "2600:1f18::1", "::ffff:52.95.110.1"])("is fetched from %s", (address) => {
    expect(isPublic(address)).toBe(true);
  });
});

describe("/images/rewards/<id>", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway();
    await gateway.operator.ok("mutation { syncCatalog { userErrors { code } } }");
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  const imageOf = async (id: number, headers: Record<string, string> = {}) => {
    const { reward } = await gateway.anonymous.ok<{ reward: { imageUrl: string } }>(
      `{ reward(sku: "CAP-${id}") { imageUrl } }`,
    );
    const response = await fetch(`${gateway.url}${reward.imageUrl}`, { headers });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const setAddress = (id: number, address: string | null) =>
    gateway.sql("update rewards set upstream_image_url = $2 where upstream_id = $1", [String(id), address]);
  const lookUps = (id: number) =>
    gateway.sandbox.calls
      .since(0)
      .filter(({ operation, path }) => operation === "brand-reward" && path.includes(`/${id}/`)).length;

  test("is Capillary's picture, fetched once for all clients", async () => {
    const before = lookUps(15465);
    const { status, headers, text } = await imageOf(15465);
    expect(status).toBe(200);
    expect(text).toBe(pictureOf(15465));
    expect(headers.get("content-type")).toBe("image/svg+xml");
    expect(headers.get("cache-control")).toBe("public, max-age=3600");
    expect(headers.get("content-security-policy")).toContain("sandbox");
    const again = await imageOf(15465, { "if-none-match": headers.get("etag") ?? "" });
    expect(again).toMatchObject({ status: 304, text: "" });
    expect(lookUps(15465)).toBe(before);
  });

  test("survives the expiry of its address: the reward is read again, once for all requests", async () => {
    const before = lookUps(15470);
    await setAddress(15470, `${gateway.sandbox.url}/capillary-files/rewards/15470.svg?Expires=1&Signature=x`);
    const answers = await Promise.all(Array.from({ length: 5 }, () => imageOf(15470)));
    for (const { text } of answers) expect(text).toBe(pictureOf(15470));
    expect(lookUps(15470) - before).toBe(1);
  });

  test("is a briefly cached placeholder while the picture is unavailable", async () => {
    gateway.sandbox.faults.add({ upstream: "capillary", operation: "brand-reward", fault: "http-500" });
    await setAddress(15471, "https://127.0.0.1/private.png");
    const { status, headers, text } = await imageOf(15471);
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("public, max-age=60");
    expect(text).toBe(fallbackPicture({ brand: "Paper & Co", category: "Everyday" }));
  });

  test("is a placeholder for a reward without a picture", async () => {
    const { headers, text } = await imageOf(15466);
    expect(headers.get("cache-control")).toBe("public, max-age=60");
    expect(text).toBe(fallbackPicture({ brand: "MarvelTest", category: "Cinema" }));
  });

  test("has a fallback, also for the programme's own rewards, for storefronts in which it does not load", async () => {
    const { sku } = await gateway.merchandise();
    const [reward] = await gateway.sql<{ brand: string; category: string }>(
      "select brand, category from rewards where sku = $1",
      [sku],
    );
    const response = await fetch(`${gateway.url}/images/rewards/${sku}/fallback`);
    expect(response.headers.get("content-security-policy")).toContain("sandbox");
    expect(await response.text()).toBe(reward && fallbackPicture(reward));
    expect((await fetch(`${gateway.url}/images/rewards/no-such-sku/fallback`)).status).toBe(404);
  });

  test("is found for mirrored rewards only", async () => {
    const ours = await gateway.merchandise();
    const [row] = await gateway.sql("select id from rewards where sku = $1", [ours.sku]);
    for (const id of [row?.["id"], "15465", "..%2f..%2fetc", crypto.randomUUID()]) {
      expect((await fetch(`${gateway.url}/images/rewards/${id}`)).status).toBe(404);
    }
  });
});
