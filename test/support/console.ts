import type { Page } from "playwright-core";
import type { OperatorRole } from "../../src/domain/operator-roles.ts";
import type { Caller } from "./graphql.ts";
import { accessibilityFaults, isTooWide, type Microsite, showPage, type Tab } from "./microsite.ts";
import { operatorKey } from "./operator-key.ts";

/** A new browser profile in which an operator with a new key of these roles, which `maker` makes, has signed in. */
export async function signedIn(
  site: Microsite,
  roles: readonly OperatorRole[],
  path = "/console/",
  maker: Caller = site.gateway.operator,
): Promise<Tab> {
  const key = await operatorKey({ url: site.gateway.url, operator: maker }, roles);
  const tab = await site.visit();
  const { page } = tab;
  await page.addInitScript(
    "globalThis.clicks = 0; addEventListener('click', (e) => { if (e.detail > 0) clicks++; }, true)",
  );
  await page.goto(path);
  await page.getByLabel("Operator key").fill(key.secret);
  await page.keyboard.press("Enter");
  await page.getByRole("navigation", { name: "Main" }).waitFor();
  return tab;
}

/** The number of mouse clicks since the page was loaded. Typing and choosing a file are no clicks. */
export const clicksOn = (page: Page): Promise<number> => page.evaluate("globalThis.clicks");

/** Ends the page's animations. An animation without an end, such as a placeholder's, cannot be finished and is cancelled. */
export const endAnimations = `for (const each of document.getAnimations()) {
  try { each.finish(); } catch { each.cancel(); }
}`;

/** The faults of the current page, light and dark, on a wide screen and a narrow one. */
export async function faultsOf(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const scheme of ["light", "dark"] as const) {
    for (const width of [1280, 768]) {
      await showPage(page, { scheme, viewport: { width, height: 860 } });
      // A colour in transition from light to dark has the contrast of neither.
      await page.evaluate(endAnimations);
      if (await isTooWide(page)) faults.push(`${scheme} ${width}: the page is wider than its window`);
      faults.push(...(await accessibilityFaults(page)).map((fault) => `${scheme} ${width}: ${fault}`));
    }
  }
  return faults;
}
