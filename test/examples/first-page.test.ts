import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openBrowser } from "../support/browser.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const root = fileURLToPath(new URL("../../", import.meta.url));
const customerId = `C-${randomUUID()}`.toUpperCase();
let gateway: TestGateway;
let vite: ChildProcess;
let page: Page;
beforeAll(async () => {
  gateway = await startTestGateway();
  gateway.sandbox.client.addCustomer({ customer_id: customerId, balance: 1_234 });
  const [command, ...args] = [process.execPath, `${root}node_modules/vite/bin/vite.js`, "--host", "127.0.0.1"];
  vite = spawn(command, args, {
    cwd: `${root}examples/first-page`,
    env: { PATH: process.env["PATH"], GATEWAY: gateway.url, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  page = await (await openBrowser()).newPage();
  await page.goto(await addressOf(vite));
});
afterAll(async () => {
  await page?.context().close();
  vite?.kill();
  if (vite?.exitCode === null) await once(vite, "exit");
  await gateway?.[Symbol.asyncDispose]();
});

/** The address that Vite prints when it is ready. It takes the next port if 5173 is in use. */
async function addressOf({ stdout }: ChildProcess): Promise<string> {
  let printed = "";
  for await (const chunk of stdout ?? []) {
    printed += chunk;
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0];
    if (address) return address;
  }
  throw new Error(`Vite did not start: ${printed}`);
}

test("the first page signs a customer in and shows the wallet", { tags: ["browser"] }, async () => {
  const output = page.getByRole("status");
  await expect.poll(() => output.textContent()).toBe("Nobody is signed in");

  await page.getByLabel("Customer number").fill(customerId);
  await page.getByRole("button", { name: "Send me a password" }).click();
  await expect.poll(() => gateway.sandbox.client.lastOtp(customerId)).toBeDefined();
  await page.getByLabel("Password").fill("000000");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect.poll(() => output.textContent()).toBe("That is not the password.");

  await page.getByLabel("Password").fill(gateway.sandbox.client.lastOtp(customerId)?.otp ?? "");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect.poll(() => output.textContent()).toBe(`${customerId} has 1234 points`);
  await page.reload();
  await expect.poll(() => output.textContent()).toBe(`${customerId} has 1234 points`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect.poll(() => output.textContent()).toBe("Nobody is signed in");
});
