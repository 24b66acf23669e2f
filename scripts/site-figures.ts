// Prints what the built microsite costs a visitor who comes for the first time, of a gateway that runs already (`npm start`).
//
//   npm run site:figures
import { gateway, openBrowser, signIn } from "./site-visit.ts";

/** Fields of a browser's own performance entries. */
interface Seen {
  paint: number;
  shift: number;
  longest: number;
  blocked: number;
}

const browser = await openBrowser();
let state = await signIn();
const pages = ["/signin", "/", "/rewards", "/rewards/WATTLEWIRE-HEADPHONES", "/cart", "/orders"];
const rows: Record<string, Record<string, string>> = {};

for (const path of pages) {
  const isSignedIn = path !== "/signin";
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    ...(isSignedIn && { storageState: state }),
  });
  const page = await context.newPage();
  await page.addInitScript(() => {
    const seen = { paint: 0, shift: 0, longest: 0, blocked: 0 };
    (globalThis as unknown as { seen: Seen }).seen = seen;
    const watch = (
      type: string,
      each: (entry: PerformanceEntry & { value?: number; hadRecentInput?: boolean }) => void,
    ) => new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
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
  await page.goto(gateway + path);
  await page.waitForLoadState("networkidle");
  const seen = await page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);
  const kB = (type: string) => `${((bytes[type] ?? 0) / 1_000).toFixed(0)} kB`;
  rows[path] = {
    JS: kB("Script"),
    CSS: kB("Stylesheet"),
    typefaces: kB("Font"),
    "largest paint": `${seen.paint.toFixed(0)} ms`,
    "layout shift": seen.shift.toFixed(3),
    "longest task": `${seen.longest.toFixed(0)} ms`,
    blocked: `${seen.blocked.toFixed(0)} ms`,
  };
  if (isSignedIn) state = await context.storageState();
  await context.close();
}
await browser.close();
console.table(rows);
