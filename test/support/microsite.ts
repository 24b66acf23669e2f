import { EventEmitter, once } from "node:events";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { BrowserContext, BrowserContextOptions, Page, Request } from "playwright-core";
import { onTestFinished, test } from "vitest";
import { openBrowser } from "./browser.ts";
import { freePort } from "./free-port.ts";
import { type Customer, type InProcessGateway, startTestGateway } from "./gateway.ts";

const axeSource = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A test that needs a browser. */
export const browserTest = (name: string, run: () => Promise<void>): void => test(name, { tags: "browser" }, run);

export interface Tab {
  page: Page;
  /** Entries that a visitor's console must not have: errors, policy violations, external or unanswered requests. */
  problems: string[];
  /** Resolves once no page of this profile waits for an answer, or sends a request because of the last one. */
  quiet(): Promise<void>;
}

export interface Microsite extends AsyncDisposable {
  gateway: InProcessGateway;
  /** A new browser profile, in which that customer has signed in. It is closed when the test is over. */
  visit(customer?: Customer, options?: BrowserContextOptions): Promise<Tab>;
}

/** The site on a gateway whose port stays the same when it restarts, in the browser of all test files. */
export async function startMicrosite(env: Record<string, string> = {}): Promise<Microsite> {
  const [gateway, browser] = await Promise.all([
    freePort().then((port) => startTestGateway({ PORT: port, ...env })),
    openBrowser(),
  ]);
  return {
    gateway,
    async visit(customer, options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 860 },
        locale: "en-IN",
        reducedMotion: "reduce",
        baseURL: gateway.url,
        ...options,
      });
      onTestFinished(() => context.close());
      if (customer) {
        const cookie = { url: gateway.url, httpOnly: true, sameSite: "Lax" as const };
        await context.addCookies([
          { ...cookie, name: "tessera-access", value: customer.token ?? "" },
          { ...cookie, name: "tessera-refresh", value: customer.refreshToken },
        ]);
      }
      const problems: string[] = [];
      context.on("console", (message) => {
        const isPicture = message.location().url.endsWith("/assets/rewards/none.svg"); // tests' rewards have none
        if (message.type() === "error" && !isPicture) problems.push(message.text());
      });
      context.on("weberror", (error) => problems.push(String(error.error())));
      context.on("request", (request) => {
        if (!request.url().startsWith(gateway.url)) problems.push(`asks somebody else: ${request.url()}`);
      });
      const quiet = watchRequests(context);
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      return { page, problems, quiet };
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
    },
  };
}

/**
 * Resolves once the page has processed all its answers. The time limit of the browser's callback is for a page that draws nothing: headless
 * Chromium does not always report it as idle.
 */
export const idle = (page: Page): Promise<void> =>
  page.evaluate(`new Promise((done) => {
    const limit = { timeout: 1_000 };
    requestIdleCallback(() => requestIdleCallback(() => done(), limit), limit);
  })`);

/** Longer than any answer of a test takes. */
const UNANSWERED_MS = 60_000;

function watchRequests(context: BrowserContext): () => Promise<void> {
  const inFlight = new Set<Request>();
  const answered = new EventEmitter();
  let started = 0;
  const remove = (request: Request) => {
    inFlight.delete(request);
    answered.emit("one");
  };
  context.on("request", (request) => {
    started += 1;
    // A page that was left never receives its answers.
    if (request.isNavigationRequest()) for (const each of inFlight) if (each.frame() === request.frame()) remove(each);
    inFlight.add(request);
  });
  context.on("requestfinished", remove);
  context.on("requestfailed", remove);
  const nextAnswer = () =>
    once(answered, "one", { signal: AbortSignal.timeout(UNANSWERED_MS) }).catch(() => {
      const urls = [...inFlight].map((request) =>
        `${request.method()} ${request.url()} ${request.postData() ?? ""}`.slice(0, 300),
      );
      throw new Error(`without an answer: ${urls.join(", ")}`);
    });
  return async () => {
    for (let known = -1; known !== started || inFlight.size > 0; ) {
      while (inFlight.size > 0) await nextAnswer();
      known = started;
      await Promise.all(context.pages().map((page) => idle(page)));
    }
  };
}

/** Shows the page in this colour scheme and size, and resolves once it is painted. */
export async function showPage(
  page: Page,
  { scheme, viewport }: { scheme: "light" | "dark"; viewport: { width: number; height: number } },
): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme });
  await page.locator(`html[data-theme=${scheme}]`).waitFor();
  await page.setViewportSize(viewport);
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
}

/** The violations that axe finds, as text; through the debugger, because the page's policy blocks scripts. */
export async function accessibilityFaults(page: Page, rules?: string[]): Promise<string[]> {
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(await axeSource);
  return page.evaluate(async (only) => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(
          options: object,
        ): Promise<{ violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run({
      resultTypes: ["violations"],
      preload: false,
      ...(only && { runOnly: only }),
    });
    return violations.map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes.map(({ html, failureSummary }) => `${html} (${failureSummary})`).join(" · ")}`,
    );
  }, rules);
}

/** Whether the page is wider than the window, so that it scrolls sideways on a phone. */
export const isTooWide = (page: Page): Promise<boolean> =>
  page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");

/**
 * Texts of the page that overlap, or are cut off at the edge of their tile. Bars that stay while the page scrolls
 * are ignored, and so are rows that scroll sideways.
 *
 * @returns the texts; empty if each is readable
 */
export const unreadableTexts = (page: Page): Promise<string[]> => page.evaluate(findUnreadable);

const findUnreadable = `(() => {
  const boxes = [];
  const isApart = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { position, clipPath, overflowX } = getComputedStyle(at);
      if (position === "fixed" || position === "sticky" || clipPath !== "none" || overflowX === "auto") return true;
    }
    return false;
  };
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || !element.checkVisibility() || isApart(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const { left, right, top, bottom } of range.getClientRects())
      boxes.push({ text: node.textContent.trim(), left, right, top: top + 4, bottom: bottom - 4, tile: element.closest("section, li, article") });
  }
  const found = new Set();
  for (const [index, a] of boxes.entries()) {
    const edge = a.tile?.getBoundingClientRect();
    if (edge && (a.right > edge.right + 1 || a.left < edge.left - 1)) found.add("cut off: " + a.text);
    for (const b of boxes.slice(index + 1)) {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 2 && high > 1) found.add(a.text + " on " + b.text);
    }
  }
  return [...found];
})()`;
