import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openBrowser } from "../support/browser.ts";
import { syncCatalog } from "../support/capillary.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

/** From the first password to the voucher in the bundled GraphiQL, in a real browser, without a typed id. */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let gateway: TestGateway;
let context: BrowserContext;
let page: Page;
const problems: string[] = [];

beforeAll(async () => {
  gateway = await startTestGateway({ SEED: "sample" });
  await syncCatalog(gateway);
  context = await (await openBrowser()).newContext({ viewport: { width: 1440, height: 900 } });
  page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("requestfailed", (request) => problems.push(`failed: ${request.url()}`));
  page.on("request", (request) => {
    const isOurs = request.url().startsWith(gateway.url) || /^(data|blob):/.test(request.url());
    if (!isOurs) problems.push(`asks somebody else: ${request.url()}`);
  });
});
afterAll(async () => {
  await context?.close();
  await gateway?.[Symbol.asyncDispose]();
});

/** The text of one of GraphiQL's editors. */
const editor = (name: "variables" | "request-headers" | "response") =>
  page.evaluate((part) => {
    const { editor: monaco } = (
      globalThis as unknown as {
        __MONACO: { editor: { getModels(): { uri: { path: string }; getValue(): string }[] } };
      }
    ).__MONACO;
    return (
      monaco
        .getModels()
        .find((model) => model.uri.path.includes(part))
        ?.getValue() ?? ""
    );
  }, name);
const setVariables = (text: string) =>
  page.evaluate((value) => {
    const { editor: monaco } = (
      globalThis as unknown as {
        __MONACO: { editor: { getModels(): { uri: { path: string }; setValue(text: string): void }[] } };
      }
    ).__MONACO;
    monaco
      .getModels()
      .find((model) => model.uri.path.includes("variables"))
      ?.setValue(value);
  }, text);

/** Opens a tab and runs it. @returns its response, once it contains the awaited text */
async function run(tab: string, awaited: string): Promise<string> {
  await open(tab);
  await page.locator(".graphiql-execute-button").click();
  await expect.poll(() => editor("response"), { message: `${tab} answers ${awaited}` }).toContain(awaited);
  if (process.env["SCREENSHOT_DIR"]) await page.screenshot({ path: join(process.env["SCREENSHOT_DIR"], `${tab}.png`) });
  return editor("response");
}
/** Only if it is not open yet: opening a tab restores its stored variables, and new ones are stored with a delay. */
async function open(tab: string) {
  const isOpen = () => page.getByRole("tab", { name: tab }).getAttribute("aria-selected");
  if ((await isOpen()) === "true") return;
  await page.getByRole("tab", { name: tab }).click();
  await expect.poll(isOpen).toBe("true");
}

const isAffordableVoucher = (reward: { kind: string; points: number; redeemability: { redeemable: boolean } }) =>
  reward.kind === "E_GIFT_VOUCHER" && reward.redeemability.redeemable && reward.points < 1_500;

test("a newcomer redeems points in GraphiQL", { tags: "browser" }, async () => {
  await page.goto(`${gateway.url}/graphiql/`);
  await page.waitForSelector(".graphiql-query-editor .view-line");

  await run("RequestOtp", '"challengeId"');
  await gateway.sandbox.calls.waitFor((call) => call.operation === "generate-otp" && call.outcome === "answered");
  await open("VerifyOtp");
  await expect.poll(() => editor("variables")).not.toContain("<challengeId>");
  await setVariables(
    (await editor("variables")).replace("<otp>", gateway.sandbox.client.lastOtp("CUST12345")?.otp ?? ""),
  );
  await run("VerifyOtp", '"accessToken"');
  expect(await editor("request-headers")).toMatch(/"authorization": "Bearer ey/);

  expect(await run("WalletAndCart", '"balance"')).toContain('"balance": 3500');
  const { data } = JSON.parse(await run("BrowseRewards", '"redeemable": true'));
  expect(await run("AddToCart", '"readyToOrder"')).toContain('"readyToOrder": true');
  const [first, second] = data.rewards.nodes.filter(isAffordableVoucher);
  await setVariables((await editor("variables")).replace(first.id, second.id));
  const cart = await run("AddToCart", '"version": 2');
  expect(JSON.parse(cart).data.addToCart.cart).toMatchObject({ readyToOrder: true, lines: [{}, {}] });
  await run("PlaceOrder", '"number": "ORD-');
  await run("FollowOrder", '"status": "FULFILLED"');
  expect(await run("RevealVoucher", '"code"')).toMatch(/"code": "[A-Z]{3}-\w{4}-\w{4}"/);
  expect(await run("PointsTrail", '"state": "CONFIRMED"')).toContain('"pointsState": "TAKEN"');
  await run("WalletAndCart", '"balance"');
  await expect.poll(() => editor("response"), { message: "the wallet is lower" }).not.toContain('"balance": 3500');

  // An order from three wallets: the programme's voucher, a reward paid by the family, and a Capillary reward.
  expect(await editor("response")).toContain('"externalId": "famgroup11"');
  await run("AddToCart", '"readyToOrder": true');
  await run("BrowseGroupRewards", '"forMyself"');
  const mixed = JSON.parse(await run("AddForGroup", '"readyToOrder": true')).data.forMyself.cart;
  expect(mixed.funding).toMatchObject([
    { payWith: "INDIVIDUAL", groupWallet: null },
    { payWith: "GROUP", groupWallet: { externalId: "famgroup11" }, available: 5_000 },
  ]);
  await run("PlaceOrder", '"name": "Lounge access"');
  await run("FollowOrder", '"status": "FULFILLED"');
  await run("RevealVoucher", '"code"');
  const { order } = JSON.parse(await run("PointsTrail", '"externalId": "famgroup11"')).data;
  expect(order.pointsTrail).toMatchObject([
    { payWith: "INDIVIDUAL", state: "CONFIRMED", points: mixed.funding[0].points },
    { payWith: "GROUP", state: "CONFIRMED", points: mixed.funding[1].points },
  ]);
  const [fromFamily, free] = gateway.sandbox.capillary.issuals("CUST12345");
  expect(fromFamily).toMatchObject({
    state: "ISSUED",
    isGroupRedemption: true,
    redemption: { points: mixed.funding[1].points },
  });
  expect(free).toMatchObject({ state: "ISSUED", isGroupRedemption: false, redemption: null });
  expect(gateway.sandbox.capillary.groupBalance("famgroup11")).toBe(5_000 - mixed.funding[1].points);
  expect(gateway.sandbox.client.ledger("CUST12345").at(-1)).toMatchObject({
    order_id: order.number,
    points: -mixed.funding[0].points,
  });

  // A check-in arrives live, and raises the wallet.
  await run("WalletAndCart", '"memberEventsCursor"');
  const balance = gateway.sandbox.client.balance("CUST12345");
  await expect.poll(() => editor("response")).toContain(`"balance": ${balance}`);
  await run("CheckIn", '"streak": 1');
  await run("FollowMember", '"AwardCredited"');
  await run("WalletAndCart", `"balance": ${balance + 5}`);

  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("Bearer ey");
  expect(problems).toEqual([]);
});
