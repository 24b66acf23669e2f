import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { endAnimations, faultsOf, signedIn } from "../support/console.ts";
import { browserTest, type Microsite, startMicrosite } from "../support/microsite.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";

let site: Microsite;
/** Each page, and the buttons on it that open a dialog. */
let pages: [path: string, dialogs: string[]][];
beforeAll(async () => {
  site = await startMicrosite();
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 1_000 });
  const reward = await gateway.voucher({ points: 200 });
  const order = await orderSettled(customer, await placeOrder(customer, reward.id));
  pages = [
    ["", []],
    ["orders", []],
    [`orders/${order.number}`, ["Reverse"]],
    ["customers?q=C-", []],
    [`customers/${customer.customerId}`, ["Export", "Sign out everywhere", "Block", "Erase", "Link an id"]],
    ["catalogue", ["New reward"]],
    ["catalogue?bulk", []],
    [`catalogue/${reward.sku}`, ["Edit", "Archive"]],
    ["earning", []],
    ["earning/new", []],
    ["earning/try", []],
    ["earning/draws", ["Open a draw"]],
    ["earning/awards", []],
    ["earning/quarantine", []],
    ["earning/members", []],
    ["money", []],
    ["money/runs", ["Reconcile a period"]],
    ["money/breaks", []],
    ["money/liability", []],
    ["team", ["New account"]],
    ["team/keys", ["New key"]],
    ["team/brand", []],
    ["team/audit", []],
    ["team/webhooks", ["New webhook"]],
  ];
});
afterAll(() => site?.[Symbol.asyncDispose]());

interface Stop {
  /** The place of the element among all elements of the page. */
  place: number;
  name: string;
  isMarked: boolean;
  isInView: boolean;
}

/** The element that has the focus; null for the page as a whole. */
const focused = (page: Page): Promise<Stop | null> =>
  page.evaluate(`(async () => {
    const at = document.activeElement;
    if (!at || at === document.body) return null;
    ${endAnimations}
    const style = getComputedStyle(at);
    const { left, top, right, bottom } = at.getBoundingClientRect();
    return {
      place: [...document.querySelectorAll("*")].indexOf(at),
      name: at.outerHTML.slice(0, 120),
      isMarked: (style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none",
      isInView: right > 0 && bottom > 0 && left < innerWidth && top < innerHeight && right > left && bottom > top,
    };
  })()`);

/** The visible elements that a keyboard has to reach. A group of radio buttons is one stop, and rows of a grid have its keys. */
const reachable = (page: Page): Promise<[place: number, name: string][]> =>
  page.evaluate(`(() => {
    const all = [...document.querySelectorAll("*")];
    const names = new Set();
    return [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
      .filter((each) => each.checkVisibility({ visibilityProperty: true }) && each.tabIndex >= 0 && !each.disabled && each.type !== "hidden")
      .filter((each) => {
        if (each.type !== "radio") return true;
        const isFirst = !names.has(each.name);
        names.add(each.name);
        return isFirst;
      })
      .map((each) => [all.indexOf(each), each.outerHTML.slice(0, 120)]);
  })()`);

/** Follows Tab from the beginning of the page to its end. */
async function tabThrough(page: Page): Promise<Stop[]> {
  await page.evaluate("document.activeElement?.blur(), getSelection()?.removeAllRanges(), scrollTo(0, 0)");
  const stops: Stop[] = [];
  for (;;) {
    await page.keyboard.press("Tab");
    const stop = await focused(page);
    if (stop?.place === stops.at(-1)?.place && stop) continue; // the next part of a date
    if (!stop || stops.some(({ place }) => place === stop.place)) return stops;
    stops.push(stop);
  }
}

browserTest("each page is walked by the keyboard alone, and axe finds no fault in it", async () => {
  const { page, problems, quiet } = await signedIn(site, ["admin"]);
  const faults: string[] = [];
  for (const [path, dialogs] of pages) {
    await page.goto(`/console/${path}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await quiet();
    const stops = await tabThrough(page);
    const add = (fault: string) => faults.push(`/${path}: ${fault}`);
    if (!stops[0]?.name.includes("#main")) add(`the first stop is ${stops[0]?.name}`);
    for (const { name, isMarked, isInView } of stops) {
      if (!isMarked) add(`the focus is not visible on ${name}`);
      if (!isInView) add(`the focus is out of view on ${name}`);
    }
    for (const [index, { place, name }] of stops.entries()) {
      if (index > 0 && place < (stops[index - 1]?.place ?? 0)) add(`Tab goes back to ${name}`);
    }
    const reached = new Set(stops.map(({ place }) => place));
    for (const [place, name] of await reachable(page)) if (!reached.has(place)) add(`Tab misses ${name}`);
    for (const name of dialogs) {
      const opener = page.getByRole("button", { name, exact: true });
      await opener.focus();
      await page.keyboard.press("Enter");
      const dialog = page.getByRole("dialog");
      await dialog.waitFor();
      await quiet();
      for (const key of ["Tab", "Tab", "Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab"]) {
        await page.keyboard.press(key);
        if ((await dialog.locator(":focus").count()) === 0) add(`${key} leaves the dialog ${name}`);
      }
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      await opener.and(page.locator(":focus")).waitFor();
    }
    faults.push(...(await faultsOf(page)).map((fault) => `/${path}: ${fault}`));
  }
  expect(faults).toEqual([]);
  expect(problems).toEqual([]);
});
