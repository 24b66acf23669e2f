import { randomUUID } from "node:crypto";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { brand } from "../../microsite/theme/brand.ts";
import { accessibilityFaults, browserTest, isTooWide, type Microsite, startMicrosite } from "../support/microsite.ts";
import { placeOrder } from "../support/orders.ts";
import { sentOtp } from "../support/sign-in.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** The shell around the pages: navigation, and the page shown when code does not load or fails. */

let site: Microsite;
beforeAll(async () => {
  site = await startMicrosite();
});
afterAll(() => site?.[Symbol.asyncDispose]());

const ordersChunk = "**/site/orders-page-*.js";
const failure = "This page couldn’t be shown";

const nav = (page: Page) => page.getByRole("navigation", { name: "Main" });
const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name });
const open = (page: Page, name: string) => nav(page).getByRole("link", { name, exact: true }).click();

async function visitHome() {
  const customer = await site.gateway.customer({ balance: 40 });
  const tab = await site.visit(customer);
  await tab.page.goto("/");
  await tab.page.getByText("Available points").waitFor();
  const loads: string[] = [];
  tab.page.on("load", () => loads.push(tab.page.url()));
  return { ...tab, customer, loads };
}

browserTest(
  `a page whose code does not load offline leaves the navigation, and comes with the connection`,
  async () => {
    const { page, loads } = await visitHome();
    await page.context().setOffline(true);
    await open(page, "Orders");
    await heading(page, failure).waitFor();
    await page.getByRole("alert").getByText("We couldn’t reach the server.").waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);

    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("alert").waitFor();
    await open(page, "Home");
    await page.getByText("Available points").waitFor();
    await open(page, "Orders");
    await heading(page, failure).waitFor();
    expect(loads).toEqual([]); // a reload would have lost the page to the browser's own error page

    await page.context().setOffline(false);
    await page.getByText("You haven’t ordered anything yet").waitFor();
    expect(new URL(page.url()).pathname).toBe("/orders");
  },
);

browserTest(`a tab whose chunks were deleted by a deployment reloads once, and shows the page`, async () => {
  const { page, loads } = await visitHome();
  await page.route(ordersChunk, (route) => route.fulfill({ status: 404 }));
  await page.route("**/orders", async (document) => {
    await page.unroute(ordersChunk); // the new build has its own chunks
    await document.continue();
  });
  await open(page, "Orders");
  await page.getByText("You haven’t ordered anything yet").waitFor();
  expect(loads).toHaveLength(1);
});

browserTest(
  `a page whose code is missing reloads once and never in a loop, and opens when it is tried again`,
  async () => {
    const { page, loads } = await visitHome();
    await page.route(ordersChunk, (route) => route.fulfill({ status: 404 }));
    await open(page, "Orders");
    await page.getByRole("alert").getByText("This couldn’t be loaded right now.").waitFor();
    expect(loads).toHaveLength(1);
    await open(page, "Home");
    await page.getByText("Available points").waitFor();
    await open(page, "Orders");
    await page.getByRole("alert").waitFor();
    expect(loads).toHaveLength(1);

    await page.unroute(ordersChunk);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("You haven’t ordered anything yet").waitFor();
    expect(loads).toHaveLength(2);
  },
);

browserTest(`a failed page keeps the navigation, and renders after a retry`, async () => {
  const { gateway } = site;
  const { page, customer, loads } = await visitHome();
  await placeOrder(customer, (await gateway.merchandise({ name: "Desk lamp", points: 10 })).id);
  await page.evaluate(`
    const dates = Intl.DateTimeFormat.prototype;
    globalThis.format = Object.getOwnPropertyDescriptor(dates, "format");
    Object.defineProperty(dates, "format", { configurable: true, get() { throw new Error("no dates in this test"); } });
  `);
  await open(page, "Orders");
  await heading(page, failure).waitFor();
  await page.getByRole("alert").getByText("Something went wrong on our side.").waitFor();
  expect(await nav(page).getByRole("link", { name: "Orders" }).getAttribute("aria-current")).toBe("page");

  await page.evaluate('Object.defineProperty(Intl.DateTimeFormat.prototype, "format", format)');
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("link", { name: "Desk lamp" }).waitFor();
  expect(loads).toEqual([]);
});

browserTest(`the menu whose code does not load offline keeps its button, which opens it later`, async () => {
  const { page } = await visitHome();
  await page.context().setOffline(true);
  const account = page.getByRole("button", { name: "Account and settings" });
  const unreachable = () => page.waitForEvent("requestfailed", (request) => request.method() === "HEAD");
  for (const press of [() => account.click(), () => account.press("Enter")]) {
    await Promise.all([unreachable(), press()]);
  }
  expect(await page.getByRole("banner").getByRole("alert").count()).toBe(0);
  await page.context().setOffline(false);
  await page.waitForEvent("load");
  await account.click();
  await page.getByRole("menuitem", { name: "Sign out" }).waitFor();
});

browserTest(`a page without its texts reports that they could not be loaded`, async () => {
  const { page } = await site.visit();
  await page.route(/\/site\/en-[\w-]+\.js/, (route) => route.fulfill({ status: 404 }));
  // Before the scripts load, the page shows its shell.
  const scripts = Promise.withResolvers<void>();
  await page.route(/\/site\/index-[\w-]+\.js/, async (route) => {
    await scripts.promise;
    await route.continue();
  });
  await page.goto("/rewards", { waitUntil: "commit" });
  await page.locator(".boot-large").waitFor();
  expect(await page.locator("body").innerText()).toContain(brand.name);
  scripts.resolve();
  await page.getByText("This page couldn’t be loaded.").waitFor();
});

browserTest(
  `a visitor who is not signed in has navigation, and comes back to the catalogue after signing in`,
  async () => {
    const { gateway } = site;
    await gateway.voucher({ name: "Tea tin" });
    const customerId = `C-${randomUUID().toUpperCase()}`;
    gateway.sandbox.client.addCustomer({ customer_id: customerId, balance: 40 });
    const { page, problems } = await site.visit();
    await page.goto("/rewards?q=tea&sort=NAME");
    await page.getByText("Tea tin").waitFor();
    expect(await nav(page).getByRole("link").allTextContents()).toEqual(["Rewards", "Sign in"]);

    // Each filter is an entry in the history, and the search text is cleared with the filters.
    const search = page.getByLabel("Search rewards");
    await page.getByRole("radio", { name: "Coupons" }).click();
    await page.getByText("No matches").waitFor();
    await page.goBack();
    await page.getByText("Tea tin").waitFor();
    await expect.poll(() => page.getByRole("radio", { name: "All rewards" }).isChecked()).toBe(true);
    await search.fill("no such thing");
    await page.getByRole("button", { name: "Show all rewards" }).click();
    await page.getByText("Tea tin").waitFor();
    expect([await search.inputValue(), new URL(page.url()).search]).toEqual(["", ""]);
    await page.goto("/rewards?q=tea&sort=NAME");
    await page.getByText("Tea tin").waitFor();

    await open(page, "Sign in");
    await open(page, "Sign in"); // a second press keeps the return address
    await page.getByLabel("Customer number").fill(customerId.toLowerCase());
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: /Send a new code/ }).waitFor();
    await page.getByLabel("Six-digit code").fill(await sentOtp(gateway, customerId));
    await page.getByText("Tea tin").waitFor();
    expect(new URL(page.url()).search).toBe("?q=tea&sort=NAME");
    expect(await nav(page).getByRole("link").allTextContents()).toContain("Orders");
    expect(problems).toEqual([]);
  },
);

test.each([320, 1280])("a visitor's navigation fits a window of %i pixels", { tags: "browser" }, async (width) => {
  const { page, problems } = await site.visit(undefined, { viewport: { width, height: 700 } });
  for (const path of ["/rewards", "/rewards/no-such-reward", "/no-such-page", "/signin", "/info/terms"]) {
    await page.goto(path);
    await nav(page).getByRole("link", { name: "Sign in" }).waitFor();
    await page.getByRole("heading", { level: 1 }).waitFor();
    expect([path, await isTooWide(page), await accessibilityFaults(page)]).toEqual([path, false, []]);
  }
  expect(problems.filter((problem) => !problem.includes("404"))).toEqual([]);
});

browserTest(`an unknown address shows a not-found page with a link to the catalogue`, async () => {
  const { page } = await site.visit(undefined, { locale: "hi-IN" });
  const response = await page.goto("/graphiql/no-such-page");
  expect(response?.status()).toBe(404);
  await heading(page, "पेज नहीं मिला").waitFor();
  await page.getByRole("link", { name: "रिवॉर्ड देखें" }).click();
  await heading(page, "रिवॉर्ड").waitFor();
  await page.getByRole("contentinfo").getByRole("link", { name: "मदद" }).click();
  await heading(page, "मदद").waitFor();
  await page.getByRole("main").getByRole("link", { name: "हमसे संपर्क करें" }).click();
  await page.getByText("help@example.com").waitFor();
});
