// Takes screenshots of the microsite's pages from a running gateway and sandbox (`npm start`).
//
//   npm run site:screenshots -- [directory] [--all]
//
// Without `--all`, only those in the READMEs; with it every page, light and dark, for phone and desktop.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { fillActivity } from "./site-activity.ts";
import { customer, gateway, openBrowser, signIn, visitorHeaders } from "./site-visit.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { all: { type: "boolean", default: false } },
});
const directory = positionals[0] ?? "docs/screenshots";
const sizes = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } };
type Size = keyof typeof sizes;
type Scheme = "light" | "dark";

mkdirSync(directory, { recursive: true });
const browser = await openBrowser();

async function open(
  size: Size,
  scheme: Scheme,
  state?: BrowserContextOptions["storageState"],
): Promise<BrowserContext> {
  return browser.newContext({
    viewport: sizes[size],
    colorScheme: scheme,
    deviceScaleFactor: size === "phone" ? 1.5 : 1,
    isMobile: size === "phone",
    hasTouch: size === "phone",
    reducedMotion: "reduce",
    locale: "en-IN",
    extraHTTPHeaders: visitorHeaders,
    ...(state && { storageState: state }),
  });
}

/** Waits until the page is stable: data, pictures and typefaces are loaded. */
async function settle(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle").catch(() => {});
  await page.evaluate("document.fonts.ready.then(() => {})");
  await page.waitForTimeout(250);
}

async function shoot(page: Page, name: string, { whole = false } = {}): Promise<void> {
  await settle(page);
  await page.screenshot({ path: join(directory, `${name}.jpg`), type: "jpeg", quality: 78, fullPage: whole });
  console.log(name);
}

const signedIn = await open("desktop", "light", await signIn());
const page = await signedIn.newPage();
await page.goto(gateway);
await settle(page);

async function ask<Data>(query: string, variables: object = {}): Promise<Data> {
  const answer = await signedIn.request.post(`${gateway}/graphql`, { data: { query, variables } });
  return ((await answer.json()) as { data: Data }).data;
}
const rewardId = async (sku: string) =>
  (await ask<{ reward: { id: string } }>("query ($sku: String) { reward(sku: $sku) { id } }", { sku })).reward.id;
const add = (input: object) =>
  ask("mutation ($input: AddToCartInput!) { addToCart(input: $input) { userErrors { message } } }", { input });

/** Adds a reward for the customer's own points, and a reward for a group's. */
async function fillCart(...skus: string[]): Promise<void> {
  for (const sku of skus) await add({ rewardId: await rewardId(sku) });
  const { me } = await ask<{ me: { groupWallets: { id: string }[] } }>("{ me { groupWallets { id } } }");
  const groupWalletId = me.groupWallets[0]?.id;
  await add({ rewardId: await rewardId("CAP-15479"), payWith: "GROUP", groupWalletId });
}

await ask("mutation { clearCart { cart { id } } }");
await fillCart("BREWHAUS-100", "THREADMOOR-TOTE");
const { placeOrder } = await ask<{ placeOrder: { order: { id: string } | null } }>(
  "mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } userErrors { message } } }",
  {
    input: {
      idempotencyKey: crypto.randomUUID(),
      shippingAddress: { name: "Asha Rao", line1: "12 Lake Road", city: "Pune", postalCode: "411001", country: "IN" },
    },
  },
);
await fillCart("BREWHAUS-250");
await fillActivity(customer);
await page.waitForTimeout(1_500);
const state = await signedIn.storageState(); // its tokens may have been renewed

const pages: Record<string, string> = {
  home: "/",
  rewards: "/rewards",
  reward: "/rewards/PALLADROME-PAIR",
  activity: "/activity",
  cart: "/cart",
  checkout: "/checkout",
  orders: "/orders",
  ...(placeOrder.order && { order: `/orders/${placeOrder.order.id}` }),
};

const chosen: [name: string, size: Size, scheme: Scheme][] = values.all
  ? Object.keys(pages).flatMap((name) =>
      (["desktop", "phone"] as const).flatMap((size) =>
        (["light", "dark"] as const).map((scheme): [string, Size, Scheme] => [name, size, scheme]),
      ),
    )
  : [
      ["home", "desktop", "light"],
      ["rewards", "desktop", "dark"],
      ["reward", "desktop", "light"],
      ["activity", "desktop", "light"],
      ["cart", "desktop", "light"],
      ["order", "desktop", "dark"],
      ["home", "phone", "dark"],
      ["activity", "phone", "dark"],
      ["rewards", "phone", "light"],
      ["cart", "phone", "dark"],
      ["checkout", "phone", "light"],
      ["orders", "phone", "dark"],
      ["order", "phone", "light"],
    ];
for (const size of ["desktop", "phone"] as const) {
  for (const scheme of ["light", "dark"] as const) {
    const wanted = chosen.filter(([, ofSize, ofScheme]) => ofSize === size && ofScheme === scheme);
    if (wanted.length === 0) continue;
    const context = await open(size, scheme, state);
    const tab = await context.newPage();
    for (const [name] of wanted) {
      await tab.goto(gateway + (pages[name] ?? "/"));
      await shoot(tab, `${name}-${scheme}-${size}`, { whole: values.all });
    }
    await context.close();
  }
}
for (const [size, scheme] of [["desktop", "light"], ...(values.all ? [["phone", "dark"]] : [])] as [Size, Scheme][]) {
  const context = await open(size, scheme);
  const tab = await context.newPage();
  await tab.goto(`${gateway}/signin`);
  await shoot(tab, `sign-in-${scheme}-${size}`);
  await context.close();
}
await browser.close();
