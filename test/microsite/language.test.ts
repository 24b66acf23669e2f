import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, type Microsite, startMicrosite } from "../support/microsite.ts";

let site: Microsite;
beforeAll(async () => {
  site = await startMicrosite({ SEED: "sample" });
});
afterAll(() => site[Symbol.asyncDispose]());

browserTest("a Hindi page is Hindi: rewards, categories, campaigns", async () => {
  const { page, problems } = await site.visit(await site.gateway.customer(), { locale: "hi-IN" });
  await page.goto("/rewards/BREWHAUS-250");
  await page.getByRole("heading", { name: "Brewhaus गिफ़्ट कार्ड ₹250" }).waitFor();
  await page.getByText("एक कॉफ़ी और बेकरी काउंटर से कुछ।").waitFor();
  await page.goto("/rewards?q=चायदानी");
  await page.getByRole("link", { name: /Leafwright पत्थर-मिट्टी की चायदानी/ }).waitFor();
  await page.getByRole("option", { name: /कॉफ़ी और चाय/ }).waitFor({ state: "attached" });
  await page.goto("/activity");
  await page.getByText("स्वागत बोनस").first().waitFor();
  expect(problems).toEqual([]);
});

browserTest("another language is chosen, and the texts on the page follow", async () => {
  const { page, problems } = await site.visit(await site.gateway.customer());
  await page.goto("/rewards/BREWHAUS-250");
  await page.getByRole("heading", { name: "Brewhaus Gift Card ₹250" }).waitFor();
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByRole("menuitemradio", { name: "Bahasa Indonesia" }).click();
  await page.getByRole("heading", { name: "Kartu Hadiah Brewhaus ₹250" }).waitFor();
  await page.getByText("Secangkir kopi dan kue dari etalase.").waitFor();
  expect(problems).toEqual([]);
});
