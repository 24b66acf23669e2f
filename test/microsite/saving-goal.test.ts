import { afterAll, beforeAll, expect } from "vitest";
import { accessibilityFaults, browserTest, isTooWide, type Microsite, startMicrosite } from "../support/microsite.ts";

let site: Microsite;
beforeAll(async () => {
  site = await startMicrosite();
});
afterAll(() => site?.[Symbol.asyncDispose]());

browserTest(
  "a reward of the wish list becomes the saving goal, whose missing points home and statement show",
  async () => {
    const { gateway } = site;
    const customer = await gateway.customer({ balance: 1_000 });
    const { page, problems } = await site.visit(customer, { viewport: { width: 320, height: 640 } });
    const reward = await gateway.voucher({ name: "Weekend in the hills", points: 2_500 });
    const { sku } = (
      await gateway.anonymous.ok<{ reward: { sku: string } }>("query ($id: ID!) { reward(id: $id) { sku } }", {
        id: reward.id,
      })
    ).reward;
    await page.goto(`/rewards/${sku}`);
    await page.getByRole("button", { name: "Add to wish list" }).click();
    await page.getByRole("button", { name: "Set as saving goal" }).click();
    await page.getByRole("button", { name: "Remove saving goal" }).waitFor();

    await page.goto("/");
    const goal = page.getByRole("region", { name: "Saving goal" });
    await goal.getByText("1,500 more points to go").waitFor();
    expect(await goal.getByRole("progressbar").getAttribute("value")).toBe("1000");
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await isTooWide(page)).toBe(false);
    await page.goto("/statement");
    await goal.getByRole("link", { name: "Weekend in the hills" }).click();
    await page.getByRole("button", { name: "Remove from wish list" }).click();
    await page.getByRole("button", { name: "Add to wish list" }).waitFor();
    expect(await page.getByRole("button", { name: "Remove saving goal" }).count()).toBe(0);
    await page.goto("/");
    await page.getByText("Available points").waitFor();
    expect(await goal.count()).toBe(0);
    expect(problems).toEqual([]);
  },
);
