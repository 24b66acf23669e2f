import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type AddressInfo, createServer } from "node:net";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { type Customer, startTestGateway, type TestGateway } from "./gateway.ts";

const executablePath = "/usr/bin/chromium";
const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

export const hasBrowser = existsSync(executablePath);
/** What a skipped test says of itself. */
export const skipped = hasBrowser ? "" : ` (skipped: no browser at ${executablePath})`;

export interface Tab {
  page: Page;
  /** Whatever a visitor's console should not show: errors, violations of the policy, requests to others or without answer. */
  problems: string[];
}

export interface Microsite extends AsyncDisposable {
  gateway: TestGateway;
  /** A browser of its own, in which that customer has signed in. */
  visit(customer?: Customer, options?: BrowserContextOptions): Promise<Tab>;
}

/** The site on a gateway whose port stays the same when it restarts, and one browser for all visits. */
export async function startMicrosite(env: Record<string, string> = {}): Promise<Microsite> {
  const [gateway, browser] = await Promise.all([
    freePort().then((port) => startTestGateway({ PORT: String(port), ...env })),
    chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] }),
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
      if (customer) {
        const cookie = { url: gateway.url, httpOnly: true, sameSite: "Lax" as const };
        await context.addCookies([
          { ...cookie, name: "tessera-access", value: customer.token ?? "" },
          { ...cookie, name: "tessera-refresh", value: customer.refreshToken },
        ]);
      }
      const problems: string[] = [];
      context.on("console", (message) => {
        const isPicture = message.location().url.endsWith("/assets/rewards/none.svg"); // rewards of tests have none
        if (message.type() === "error" && !isPicture) problems.push(message.text());
      });
      context.on("weberror", (error) => problems.push(String(error.error())));
      context.on("request", (request) => {
        if (!request.url().startsWith(gateway.url)) problems.push(`asks somebody else: ${request.url()}`);
      });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      return { page, problems };
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      await gateway[Symbol.asyncDispose]();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** What axe finds wrong with the page, in words; by a debugger's hand, because the page's policy lets nothing in. */
export async function accessibilityFaults(page: Page, rules?: string[]): Promise<string[]> {
  await page.evaluate(await readFile(axePath, "utf8"));
  return page.evaluate(async (only) => {
    const { axe } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: { id: string; help: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run({
      resultTypes: ["violations"],
      preload: false,
      ...(only && { runOnly: only }),
    });
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" · ")}`);
  }, rules);
}

/** Whether the page is wider than the window, which on a phone makes it slide about. */
export const isTooWide = (page: Page): Promise<boolean> =>
  page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");
