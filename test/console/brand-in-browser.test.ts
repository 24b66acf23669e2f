import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { faultsOf, signedIn } from "../support/console.ts";
import { browserTest, type Microsite, showPage, startMicrosite } from "../support/microsite.ts";
import { png } from "../support/png.ts";

let site: Microsite;
beforeAll(async () => {
  site = await startMicrosite();
});
afterAll(() => site?.[Symbol.asyncDispose]());

const propertyOf = (page: Page, name: string): Promise<string> =>
  page.evaluate(`getComputedStyle(document.documentElement).getPropertyValue(${JSON.stringify(name)}).trim()`);

const backgroundOf = (locator: Locator): Promise<string> =>
  locator.evaluate((element) => (globalThis as unknown as Styles).getComputedStyle(element).backgroundColor);
/** A function of the browser, which Node's types lack. */
interface Styles {
  getComputedStyle(element: unknown): { backgroundColor: string };
}

async function picture(page: Page, name: string): Promise<void> {
  const directory = process.env["SCREENSHOTS"];
  if (directory) await page.screenshot({ path: join(directory, `${name}.png`), fullPage: true });
}

browserTest(
  "an administrator sets the brand with a preview, and the storefront shows it from its first page on",
  async () => {
    const { page, problems, quiet } = await signedIn(site, ["admin"], "/console/team/brand");
    const preview = page.getByRole("region", { name: "Preview in the light theme" });
    await preview.getByText("Tessera").waitFor();
    await page.getByLabel("Name", { exact: true }).fill("Brew & Leaf");
    await preview.getByText("Brew & Leaf").waitFor();
    await page.getByLabel("Colour", { exact: true }).fill("#ffd400");
    await page.getByText("Its contrast to the page is 1.16, and at least 3 is required.").waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole("button", { name: "Use #9e8200, the next darker one" }).click();
    await page.getByText("Its contrast to the page").waitFor({ state: "detached" });
    await page.getByLabel("Colour", { exact: true }).fill("#6a1b9a");
    await expect.poll(() => backgroundOf(preview.getByText("Redeem")), { timeout: 60_000 }).toBe("rgb(106, 27, 154)");
    await page
      .getByLabel("Upload a picture")
      .setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: png(400, 300) });
    await page.getByRole("img", { name: "The picture to crop" }).waitFor();
    await page.getByRole("button", { name: "Use this part" }).click();
    await page.getByRole("button", { name: "Use this part" }).waitFor({ state: "detached" });
    await page.getByLabel("Support link").fill("javascript:alert(1)");
    await page.getByRole("button", { name: "Save the brand" }).click();
    await page.getByText("supportUrl: is not an https address or a mailto address.").waitFor();
    await page.getByLabel("Support link").fill("https://help.example.com/");
    await page.getByRole("button", { name: "Save the brand" }).click();
    await page.getByText("Pages that load from now on show it").waitFor();
    await quiet();
    expect(await faultsOf(page)).toEqual([]);
    for (const scheme of ["light", "dark"] as const) {
      for (const width of [1280, 768]) {
        await showPage(page, { scheme, viewport: { width, height: 860 } });
        await picture(page, `brand-${scheme}-${width}`);
      }
    }
    expect(problems).toEqual([]);

    const shop = await site.visit(await site.gateway.customer({ balance: 1_250, customerId: "TEA-1" }));
    await shop.page.goto("/");
    await shop.page.getByText("Available points").waitFor();
    await shop.quiet();
    expect(await shop.page.title()).toContain("Brew & Leaf");
    const header = shop.page.getByRole("banner");
    await header.getByText("Brew & Leaf").waitFor();
    expect(await header.locator("img").first().getAttribute("src")).toMatch(/^\/images\/pictures\/[0-9a-f]{64}\.webp$/);
    expect(await shop.page.getByRole("link", { name: "Support" }).getAttribute("href")).toBe(
      "https://help.example.com/",
    );
    for (const [scheme, glaze] of [
      ["light", "#6a1b9a"],
      ["dark", "#b46dec"],
    ] as const) {
      await showPage(shop.page, { scheme, viewport: { width: 1280, height: 860 } });
      expect(await propertyOf(shop.page, "--glaze")).toBe(glaze);
      await picture(shop.page, `storefront-${scheme}`);
    }
    expect(await faultsOf(shop.page)).toEqual([]);
    expect(shop.problems).toEqual([]);

    // The console has the brand as well, and the defaults return.
    await page.goto("/console/team/brand");
    await page.getByRole("banner").getByText("Brew & Leaf").waitFor();
    await page.getByRole("button", { name: "Return to the defaults" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Return to the defaults" }).click();
    await page.getByText("Pages that load from now on show it").waitFor();
    expect(await page.getByLabel("Colour", { exact: true }).inputValue()).toBe("");
    await shop.page.goto("/rewards");
    await header.getByText("Tessera").waitFor({ state: "attached" }); // the narrow header shows the logo alone
    expect(await propertyOf(shop.page, "--glaze")).not.toBe("#6a1b9a");
    expect([...problems, ...shop.problems]).toEqual([]);
  },
);
