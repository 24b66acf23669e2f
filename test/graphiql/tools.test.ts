import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSchema, parse, validate } from "graphql";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { openBrowser } from "../support/browser.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let gateway: TestGateway;
let context: BrowserContext;
let page: Page;
const requests: string[] = [];
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
});
afterEach(async () => {
  await context?.close();
});

/** A visit with an empty storage. */
async function visit(): Promise<void> {
  context = await (await openBrowser()).newContext({ viewport: { width: 1440, height: 900 } });
  page = await context.newPage();
  page.on("request", (request) => requests.push(request.url()));
  await open(`${gateway.url}/graphiql/`);
}
async function open(address: string): Promise<void> {
  await page.goto(address);
  await page.waitForSelector(".graphiql-query-editor .view-line");
}
/** A tab is a button with its name, and a button that closes it, whose icon has a title. */
const tabNames = () => page.locator('[role="tab"] .graphiql-tab-button').allTextContents();
const openTab = () => page.locator('[role="tab"][aria-selected="true"] .graphiql-tab-button').textContent();
/** The whole document; the page contains only the visible lines. */
const operation = () =>
  page.evaluate(() => {
    const { editor: monaco } = (
      globalThis as unknown as {
        __MONACO: { editor: { getModels(): { uri: { path: string }; getValue(): string }[] } };
      }
    ).__MONACO;
    return (
      monaco
        .getModels()
        .find((model) => model.uri.path.includes("operation"))
        ?.getValue() ?? ""
    );
  });
const tool = (name: string) => page.getByRole("button", { name, exact: true });

test("every tab is valid against the schema", () => {
  const schema = buildSchema(readFileSync("docs/schema.graphql", "utf8"), { assumeValidSDL: true });
  const files = globSync("graphiql/src/tabs/**/*.graphql");
  expect(files.length).toBeGreaterThan(15);
  const errors = files.flatMap((file) =>
    validate(schema, parse(readFileSync(file, "utf8"))).map(({ message }) => [file, message]),
  );
  expect(errors).toEqual([]);
});

test("a share link opens a tab with the operation, without headers, and no request contains the operation", {
  tags: ["browser"],
}, async () => {
  await visit();
  const first = await tabNames();
  await page.getByRole("tab", { name: "WalletAndCart" }).click();
  await tool("Share").click();
  const link = await page.getByLabel("Copied, without headers:").inputValue();
  expect(decodeURIComponent(link)).toContain("query WalletAndCart");
  expect(decodeURIComponent(link)).not.toContain("authorization");

  await page.goto("about:blank");
  requests.length = 0;
  await open(link);
  expect(await tabNames()).toEqual([...first, "WalletAndCart"]);
  await expect.poll(openTab).toBe("WalletAndCart");
  expect(page.url()).toBe(`${gateway.url}/graphiql/`);
  expect(requests.filter((url) => url.includes("WalletAndCart") && !url.includes("#"))).toEqual([]);
});

test("operator tabs are added, and a reset keeps the first tabs", { tags: ["browser"] }, async () => {
  await visit();
  const before = await tabNames();
  await tool("Operator tabs").click();
  await expect.poll(tabNames).toEqual([...before, "Attention", "Find", "Orders", "Rules", "Webhooks", "Audit"]);
  await expect.poll(openTab).toBe("Attention");
  if (process.env["SCREENSHOT_DIR"])
    await page.screenshot({ path: join(process.env["SCREENSHOT_DIR"], "operator-tabs.png") });

  page.once("dialog", (dialog) => void dialog.accept());
  await tool("Reset tabs").click();
  await expect.poll(async () => (await tabNames()).length).toBe(13);
  await expect.poll(openTab).toBe("RequestOtp");
});

test("the explorer writes the operation", { tags: ["browser"] }, async () => {
  await visit();
  await page.getByRole("tab", { name: "WalletAndCart" }).click();
  await page.getByRole("button", { name: "Show GraphiQL Explorer" }).click();
  await page.locator(".graphiql-explorer-root").getByText("rewardCategories").first().click();
  await expect.poll(operation).toContain("rewardCategories");
  if (process.env["SCREENSHOT_DIR"])
    await page.screenshot({ path: join(process.env["SCREENSHOT_DIR"], "explorer.png") });
});
