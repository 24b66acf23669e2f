// Takes pictures of the microsite's pages, of a gateway and sandbox that run already (`npm start`).
//
//   npm run site:screenshots -- [directory] [--all]
//
// Without `--all` the few that the README shows; with it every page, light and dark, on a phone and on a desk.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { gateway, openBrowser, signIn } from "./site-visit.ts";

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
    deviceScaleFactor: size === "phone" ? 2 : 1,
    reducedMotion: "reduce",
    locale: "en-IN",
    ...(state && { storageState: state }),
  });
}

/** Once nothing moves any more: data, pictures and typefaces are there. */
async function settle(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle").catch(() => {});
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(250);
}

async function shoot(page: Page, name: string, { whole = false } = {}): Promise<void> {
  await settle(page);
  await page.screenshot({ path: join(directory, `${name}.jpg`), type: "jpeg", quality: 78, fullPage: whole });
  console.log(name);
}

/** Puts one reward of one's own points and one that a group pays for into the cart. */
async function fillCart(page: Page): Promise<void> {
  for (const name of ["Wattlewire Over-Ear Headphones", /Brewhaus Gift Card/]) {
    await page.goto(`${gateway}/rewards?q=${typeof name === "string" ? "headphones" : "brewhaus"}`);
    await page.getByRole("link", { name }).first().click();
    const add = page.getByRole("button", { name: "Add to cart" });
    await page.getByText("Enough for this").or(page.getByText("short")).first().waitFor();
    if ((await add.getAttribute("aria-disabled")) !== "true") {
      await add.click();
      await page.getByText("in your cart").first().waitFor();
    }
  }
}

const signedIn = await open("desktop", "light", await signIn());
const page = await signedIn.newPage();
await page.goto(gateway);
await fillCart(page);
const rewardPath = "/rewards/WATTLEWIRE-HEADPHONES";

const pages: Record<string, string> = {
  home: "/",
  rewards: "/rewards",
  reward: rewardPath,
  cart: "/cart",
  checkout: "/checkout",
  orders: "/orders",
};
await page.goto(`${gateway}/orders`);
await settle(page);
const order = await page
  .locator("main li a")
  .first()
  .getAttribute("href")
  .catch(() => null);
if (order) pages["order"] = order;

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
      ["cart", "desktop", "light"],
      ["order", "desktop", "dark"],
      ["home", "phone", "dark"],
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
