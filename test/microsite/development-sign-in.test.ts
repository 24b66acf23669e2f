import { afterAll, beforeAll, describe, expect } from "vitest";
import { testEnvironment } from "../support/gateway.ts";
import {
  accessibilityFaults,
  browserTest,
  isTooWide,
  type Microsite,
  startMicrosite,
  unreadableTexts,
} from "../support/microsite.ts";
import { type OwnSandbox, ownSandbox } from "../support/own-sandbox.ts";

let sandbox: OwnSandbox;
let site: Microsite;
beforeAll(async () => {
  sandbox = ownSandbox();
  site = await startMicrosite(sandbox.settings);
});
afterAll(async () => {
  await site?.[Symbol.asyncDispose]();
  sandbox?.[Symbol.dispose]();
});

const phone = { viewport: { width: 390, height: 844 } };
const button = (customerId: string) => ({ name: `Sign in as ${customerId}` });

browserTest(
  "in development one click signs in as a sample customer, and leads to the page that was asked for",
  async () => {
    const { page, problems } = await site.visit(undefined, phone);
    await page.goto("/orders");
    const samples = page.getByRole("region", { name: "Sample customers" });
    await samples.getByText("Rao family, Team seven").waitFor();
    expect(await samples.getByRole("listitem").allInnerTexts()).toEqual([
      expect.stringMatching(/CUST12345\s+3,500\s+points/),
      expect.stringMatching(/CUST67890\s+8,200\s+points/),
      expect.stringMatching(/CUST00001\s+0\s+points/),
    ]);
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await isTooWide(page)).toBe(false);

    await samples.getByRole("button", button("CUST12345")).click();
    await page.getByText("You haven’t ordered anything yet").waitFor();
    expect(page.url()).toBe(`${site.gateway.url}/orders`);
    await page.getByRole("link", { name: "Home" }).click();
    await page.getByText("3,500").first().waitFor();
    await page.getByRole("link", { name: /^400 points expire on/ }).waitFor(); // the only customer with such points
    expect(await unreadableTexts(page)).toEqual([]);
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await page.evaluate("JSON.stringify([localStorage, sessionStorage, history.state])")).not.toContain("eyJ");
    expect(problems).toEqual([]);
  },
);

browserTest("a failed sign-in shows the reason, and can be retried", async () => {
  const { page } = await site.visit(undefined, { locale: "hi-IN" });
  await page.route("**/dev/sign-in", (route) =>
    route.request().method() === "POST"
      ? route.fulfill({ status: 503, json: { error: "The sandbox does not answer." } })
      : route.continue(),
  );
  await page.goto("/signin");
  await page.getByRole("button", { name: "CUST67890 के रूप में साइन इन करें" }).click();
  await page.getByRole("alert").getByText("The sandbox does not answer.").waitFor();
  await page.unroute("**/dev/sign-in");
  await page.getByRole("button", { name: "CUST67890 के रूप में साइन इन करें" }).click();
  await page.getByText("8,200").first().waitFor();
});

describe.each([
  ["in production", { NODE_ENV: "production", CLIENT_SETTLE_SECONDS: "60" }],
  ["with a configured upstream", {}],
])("%s", (_, settings) => {
  browserTest("the sign-in page neither offers nor requests it", async () => {
    const { databaseUrl, sandbox: upstream } = site.gateway;
    await site.gateway.restart({ ...testEnvironment(databaseUrl, upstream.url), ...settings });
    const { page, problems, quiet } = await site.visit();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto("/signin");
    await page.getByLabel("Customer number").waitFor();
    await quiet();
    expect(await page.getByRole("button", button("CUST12345")).count()).toBe(0);
    expect(asked.filter((path) => path.includes("dev"))).toEqual([]);
    expect(asked).toContain("/graphql");
    expect(problems).toEqual([]);
  });
});
