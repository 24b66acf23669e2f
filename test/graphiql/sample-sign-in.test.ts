import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openBrowser } from "../support/browser.ts";
import { startTestGateway, type TestGateway, testEnvironment } from "../support/gateway.ts";
import { type OwnSandbox, ownSandbox } from "../support/own-sandbox.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let sandbox: OwnSandbox;
let gateway: TestGateway;
let context: BrowserContext;
beforeAll(async () => {
  sandbox = ownSandbox();
  gateway = await startTestGateway(sandbox.settings);
  context = await (await openBrowser()).newContext({ viewport: { width: 1280, height: 860 } });
});
afterAll(async () => {
  await context?.close();
  await gateway?.[Symbol.asyncDispose]();
  sandbox?.[Symbol.dispose]();
});

interface Monaco {
  editor: { getModels(): { uri: { path: string }; getValue(): string }[] };
}
/** The text of one of GraphiQL's editors. */
const editor = (page: Page, name: "request-headers" | "response") =>
  page.evaluate((part) => {
    const { editor: monaco } = (globalThis as unknown as { __MONACO: Monaco }).__MONACO;
    const model = monaco.getModels().find(({ uri }) => uri.path.includes(part));
    return model?.getValue() ?? "";
  }, name);

async function openGraphiql() {
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(`${gateway.url}/graphiql/`);
  await page.waitForSelector(".graphiql-query-editor .view-line");
  return { page, problems };
}

test("in development one click signs every tab in as a sample customer", { tags: ["browser"] }, async () => {
  const { page, problems } = await openGraphiql();
  const samples = page.getByRole("group", { name: "Sign in as a sample customer" });
  const signIn = async (customerId: string) => {
    const before = await editor(page, "request-headers");
    await samples.getByRole("button", { name: customerId }).click();
    await expect.poll(() => editor(page, "request-headers")).not.toBe(before);
    expect(await editor(page, "request-headers")).toMatch(/"authorization": "Bearer ey/);
  };
  const run = async (awaited: string) => {
    await page.locator(".graphiql-execute-button").click();
    await expect.poll(() => editor(page, "response")).toContain(awaited);
  };

  await signIn("CUST67890");
  await page.getByRole("tab", { name: "WalletAndCart" }).click();
  await expect.poll(() => editor(page, "request-headers")).toMatch(/"authorization": "Bearer ey/);
  await run('"balance": 8200');
  await signIn("CUST12345");
  await run('"balance": 3500');
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("eyJ");
  expect(problems).toEqual([]);
});

test("a sign-in that is refused says why", { tags: ["browser"] }, async () => {
  const { page } = await openGraphiql();
  await page.route("**/dev/sign-in", (route) =>
    route.fulfill({ json: { customerId: "CUST12345", token: "not-a-token" } }),
  );
  await page.getByRole("button", { name: "CUST12345" }).click();
  await page.getByRole("alert").getByText("This sign-in link is invalid.").waitFor();
});

test("with a configured upstream GraphiQL neither offers it nor asks for it", { tags: ["browser"] }, async () => {
  await gateway.restart(testEnvironment(gateway.databaseUrl, gateway.sandbox.url));
  const { page, problems } = await openGraphiql();
  expect(await page.getByRole("group", { name: "Sign in as a sample customer" }).count()).toBe(0);
  expect(problems).toEqual([]);
});
