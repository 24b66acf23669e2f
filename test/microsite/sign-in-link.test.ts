import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { customerTokenKey } from "../../sandbox/client/credentials.ts";
import { accessibilityFaults, browserTest, type Microsite, startMicrosite } from "../support/microsite.ts";
import { whoIs } from "../support/sign-in.ts";

let site: Microsite;
beforeAll(async () => {
  site = await startMicrosite({ CLIENT_HANDOFF_KEY: customerTokenKey });
});
afterAll(() => site?.[Symbol.asyncDispose]());

/** A link as the app of the sandbox's brand opens it. */
async function linkFor(customerId: string, more = ""): Promise<string> {
  const query = new URLSearchParams({ customer_id: customerId, origin: site.gateway.url });
  const answer = await fetch(`${site.gateway.sandbox.url}/__sandbox/client/sign-in-link?${query}`);
  return ((await answer.json()) as { url: string }).url + more;
}
/** The page's addresses during its requests, and the Referer header of each request. */
function watch(page: Page) {
  const seen: { at: string; referrer: string }[] = [];
  page.on("request", (request) => {
    if (request.isNavigationRequest()) return;
    seen.push({ at: request.url(), referrer: request.headers()["referer"] ?? "" });
  });
  return seen;
}
const whose = async (page: Page) => {
  const cookies = await page.context().cookies();
  return whoIs(site.gateway, { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; ") });
};

browserTest("a link signs in, and leaves no trace of itself in the address or history", async () => {
  const { page, problems } = await site.visit();
  const seen = watch(page);
  const link = await linkFor("CUST12345", "&next=/orders");
  const token = new URL(link).searchParams.get("token") ?? "";
  // The page's address at each request to the gateway.
  await page.addInitScript(() => {
    const { fetch, location } = globalThis as unknown as { fetch: typeof globalThis.fetch; location: { href: string } };
    const places: string[] = [];
    Object.assign(globalThis, {
      places,
      fetch: (...given: Parameters<typeof fetch>) => {
        places.push(location.href);
        return fetch(...given);
      },
    });
  });

  await page.goto(link);
  await page.getByText("You haven’t ordered anything yet").waitFor();
  expect(page.url()).toBe(`${site.gateway.url}/orders`);
  expect(await whose(page)).toBe("CUST12345");
  const places = await page.evaluate<string[]>("places");
  expect(places.length).toBeGreaterThan(1);
  expect(places.filter((place) => place.includes("token"))).toEqual([]);
  expect(seen.filter(({ at, referrer }) => at.includes(token) || referrer !== "")).toEqual([]);
  expect(await page.evaluate("JSON.stringify([localStorage, sessionStorage, history.state])")).not.toContain(token);
  await page.goBack(); // to the entry before the link: the history has none with it
  expect(page.url()).not.toContain("token");
  expect(problems).toEqual([]);

  const second = await site.visit();
  await second.page.goto(link);
  await second.page.getByRole("alert").getByText("This link has already been used").waitFor();
  expect(second.page.url()).toBe(`${site.gateway.url}/signin`);
  await expect.poll(() => second.page.getByLabel("Customer number").inputValue()).toBe("CUST12345");
  expect(await accessibilityFaults(second.page)).toEqual([]);
  expect(await whose(second.page)).toBe(null);
  await second.page.reload();
  await second.page.getByLabel("Customer number").waitFor();
  await second.quiet();
  expect(await second.page.getByRole("alert").count()).toBe(0);
  expect(second.problems).toEqual([]);
});

browserTest("a link for another customer asks for confirmation", async () => {
  const asha = await site.gateway.customer({ balance: 111 });
  const { page, problems } = await site.visit(asha, { locale: "hi-IN" });
  await page.goto(await linkFor("CUST67890"));
  await page.getByRole("heading", { level: 1, name: "कोई और साइन इन है" }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole("button", { name: `${asha.customerId} के रूप में ही रहें` }).click();
  await page.getByText("111").first().waitFor();
  expect(await whose(page)).toBe(asha.customerId);

  await page.goto(await linkFor("CUST67890"));
  await page.getByRole("button", { name: "CUST67890 के रूप में आगे बढ़ें" }).click();
  await page.getByText("8,200").first().waitFor();
  expect(await page.getByText("111", { exact: true }).count()).toBe(0);
  expect(await whose(page)).toBe("CUST67890");
  expect(await whoIs(site.gateway, { authorization: `Bearer ${asha.token}` })).toBe(null);

  // The customer's own link opens the page, and stays unused.
  const own = await linkFor("CUST67890", "&next=//evil.example/orders");
  await page.goto(own);
  await page.getByText("8,200").first().waitFor();
  expect(page.url()).toBe(`${site.gateway.url}/`);
  expect(problems).toEqual([]);
});

browserTest("a lost answer, and an invalid link", async () => {
  const { page } = await site.visit();
  await page.route("**/graphql", (route) =>
    route.request().postData()?.includes("SignInWithToken") ? route.abort() : route.continue(),
  );
  await page.goto(await linkFor("CUST00001"));
  await page.getByText("We couldn’t reach the server").waitFor();
  await page.unroute("**/graphql");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect.poll(() => whose(page)).toBe("CUST00001");

  const other = await site.visit();
  await other.page.goto("/signin?token=nonsense");
  await other.page.getByText("This link doesn’t work").waitFor();
  await other.page.getByLabel("Customer number").waitFor();
});

browserTest("without sign-in links, the page requests a code", async () => {
  await site.gateway.restart({ CLIENT_HANDOFF_KEY: "" });
  const { page } = await site.visit();
  await page.goto(await linkFor("CUST12345"));
  await page.getByText("Sign-in links aren’t available here").waitFor();
  await page.getByLabel("Customer number").waitFor();
  expect(await whose(page)).toBe(null);
});
