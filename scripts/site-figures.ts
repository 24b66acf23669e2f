// Prints the built microsite's costs for a first-time visitor, for a running gateway (`npm start`).
//
//   npm run site:figures
import { gzipSync } from "node:zlib";
import { gateway, openBrowser, signIn, visitorHeaders } from "./site-visit.ts";

interface Seen {
  paint: number;
  shift: number;
  longest: number;
  blocked: number;
}

/** The browser's performance entries and their observer, which Node's types lack. */
interface Entry {
  startTime: number;
  duration: number;
  value?: number;
  hadRecentInput?: boolean;
}
declare class BrowserObserver {
  constructor(callback: (list: { getEntries(): Entry[] }) => void);
  observe(options: { type: string; buffered: boolean }): void;
}

/** Slow 3G by WebPageTest and Lighthouse: 400 kbit/s, and 400 ms from a request to the first byte of its answer. */
const slow3g = { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 };

const browser = await openBrowser();
let state = await afterOneVisit(await signIn());
const pages = ["/signin", "/", "/rewards", "/rewards/WATTLEWIRE-HEADPHONES", "/activity", "/cart", "/orders"];
const rows: Record<string, Record<string, string>> = {};

for (const path of pages) {
  const isSignedIn = path !== "/signin";
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    extraHTTPHeaders: visitorHeaders,
    ...(isSignedIn && { storageState: state }),
  });
  const page = await context.newPage();
  await page.addInitScript(() => {
    const seen = { paint: 0, shift: 0, longest: 0, blocked: 0 };
    (globalThis as unknown as { seen: Seen }).seen = seen;
    const { PerformanceObserver: Observer } = globalThis as unknown as { PerformanceObserver: typeof BrowserObserver };
    const watch = (type: string, each: (entry: Entry) => void) =>
      new Observer((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
    watch("largest-contentful-paint", (entry) => {
      seen.paint = entry.startTime;
    });
    watch("layout-shift", (entry) => {
      if (!entry.hadRecentInput) seen.shift += entry.value ?? 0;
    });
    watch("longtask", ({ duration }) => {
      seen.longest = Math.max(seen.longest, duration);
      seen.blocked += Math.max(0, duration - 50);
    });
  });
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  const types = new Map<string, string>();
  const bytes: Record<string, number> = {};
  devtools.on("Network.responseReceived", ({ requestId, type }) => types.set(requestId, type));
  devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const type = types.get(requestId) ?? "other";
    bytes[type] = (bytes[type] ?? 0) + encodedDataLength;
  });
  const scripts: Promise<Buffer>[] = [];
  let scriptBytes = 0;
  page.on("response", (response) => {
    if (response.request().resourceType() !== "script") return;
    scripts.push(response.body());
    scriptBytes += Number(response.headers()["content-length"]);
  });
  await page.goto(gateway + path);
  await page.waitForLoadState("networkidle");
  const gzipped = (await Promise.all(scripts)).reduce((sum, script) => sum + gzipSync(script, { level: 9 }).length, 0);
  const seen = await page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);
  const inKb = (count: number) => `${(count / 1_000).toFixed(0)} kB`;
  const kB = (type: string) => inKb(bytes[type] ?? 0);
  rows[path] = {
    JS: inKb(scriptBytes),
    "with headers": kB("Script"),
    "if gzipped": inKb(gzipped),
    CSS: kB("Stylesheet"),
    typefaces: kB("Font"),
    "largest paint": `${seen.paint.toFixed(0)} ms`,
    "layout shift": seen.shift.toFixed(3),
    "longest task": `${seen.longest.toFixed(0)} ms`,
    blocked: `${seen.blocked.toFixed(0)} ms`,
    "first paint, slow 3G": `${(await firstPaintOnSlow3g(path, isSignedIn ? state : undefined)).toFixed(0)} ms`,
  };
  if (isSignedIn) state = await context.storageState();
  await context.close();
}
await browser.close();
console.table(rows);

/** Milliseconds until the browser shows a first text or picture on a slow connection, with an empty cache. */
async function firstPaintOnSlow3g(path: string, signedIn: typeof state | undefined): Promise<number> {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    extraHTTPHeaders: visitorHeaders,
    ...(signedIn && { storageState: signedIn }),
  });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.emulateNetworkConditions", slow3g);
  await page.goto(gateway + path, { waitUntil: "commit" });
  const paint = await page.waitForFunction(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
    undefined,
    { timeout: 60_000 },
  );
  const milliseconds = (await paint.jsonValue()) ?? Number.NaN;
  await context.close();
  return milliseconds;
}

/** The browser state of a signed-in customer. */
async function afterOneVisit(before: Awaited<ReturnType<typeof signIn>>) {
  const context = await browser.newContext({ storageState: before });
  const page = await context.newPage();
  await page.goto(gateway);
  await page.waitForLoadState("networkidle");
  const after = await context.storageState();
  await context.close();
  return after;
}
