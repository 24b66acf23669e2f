import type { Page } from "playwright-core";
import { expect, test, vi } from "vitest";
import { openBrowser } from "../support/browser.ts";
import { startTestGateway } from "../support/gateway.ts";
import { ownSandbox } from "../support/own-sandbox.ts";

vi.setConfig({ testTimeout: 120_000 });

const queryShown = (page: Page) => page.locator(".graphiql-query-editor .view-lines").innerText();
const settingsOf = async (gateway: { url: string }) =>
  (await (await fetch(`${gateway.url}/graphiql/settings.json`)).json()) as { sandboxUrl: string };

test("a gateway without a sandbox of its own names none", async () => {
  await using gateway = await startTestGateway();
  expect(await settingsOf(gateway)).toMatchObject({ sandboxUrl: null });
});

test("GraphiQL shows the address of the sandbox that runs", { tags: "browser" }, async () => {
  using own = ownSandbox();
  const gateway = await startTestGateway(own.settings);
  const context = await (await openBrowser()).newContext();
  try {
    const { sandboxUrl } = await settingsOf(gateway);
    const sent = await fetch(`${sandboxUrl}/__sandbox/client/otp?customer_id=CUST12345`);
    expect(await sent.json()).toMatchObject({ message: expect.stringContaining("No OTP was sent to CUST12345 yet") });

    const page = await context.newPage();
    await page.goto(`${gateway.url}/graphiql/`);
    await expect.poll(() => queryShown(page)).toContain(sandboxUrl.replace("http://", ""));

    // The browser's stored tabs are of an earlier start, with the sandbox on another port.
    await page.evaluate((url) => {
      for (const [key, value] of Object.entries(localStorage)) {
        localStorage.setItem(key, String(value).replaceAll(url, "http://127.0.0.1:4999"));
      }
    }, sandboxUrl);
    await page.reload();
    await expect.poll(() => queryShown(page)).toContain(sandboxUrl.replace("http://", ""));
  } finally {
    await context.close();
    await gateway[Symbol.asyncDispose]();
  }
});

test("an error in GraphiQL is reported, and does not leave a blank page", { tags: "browser" }, async () => {
  await using gateway = await startTestGateway();
  const context = await (await openBrowser()).newContext();
  try {
    const page = await context.newPage();
    // As an extension of the browser may do.
    await page.addInitScript(`window.matchMedia = () => { throw new Error("no media here") };`);
    await page.goto(`${gateway.url}/graphiql/`);
    await page.getByRole("alert").getByText("GraphiQL has stopped: no media here. Your tabs are kept.").waitFor();
    await page.getByRole("button", { name: "Reload" }).waitFor();
  } finally {
    await context.close();
  }
});
