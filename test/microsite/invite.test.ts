import { afterAll, beforeAll, expect } from "vitest";
import { accessibilityFaults, browserTest, isTooWide, type Microsite, startMicrosite } from "../support/microsite.ts";

let site: Microsite;
beforeAll(async () => {
  site = await startMicrosite({ SEED: "sample" });
});
afterAll(() => site?.[Symbol.asyncDispose]());

browserTest("a member shares an invitation, and a friend who signs in accepts it once", async () => {
  const { gateway } = site;
  const [inviter, friend] = [await gateway.customer(), await gateway.customer()];
  const own = await site.visit(inviter, { permissions: ["clipboard-read", "clipboard-write"] });
  await own.page.goto("/activity");
  await own.page.getByRole("link", { name: "Invite a friend" }).click();
  await own.page.getByRole("heading", { name: "Invite friends", level: 1 }).waitFor();
  await own.page.getByText("Nobody has accepted your invitation yet.").waitFor();
  expect(await accessibilityFaults(own.page)).toEqual([]);
  await own.page.getByRole("button", { name: "Copy link" }).click();
  await own.page.getByText("Link copied").waitFor();
  const link = await own.page.getByRole("textbox", { name: "Your link" }).inputValue();
  expect(await own.page.evaluate("navigator.clipboard.readText()")).toBe(link);

  const { page, problems } = await site.visit(friend, { viewport: { width: 320, height: 640 } });
  await page.goto(new URL(link).pathname);
  await page.getByText("earn 100 points").waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(await isTooWide(page)).toBe(false);
  await page.goto("/");
  await page.getByRole("link", { name: "View invitation" }).click();
  await page.getByRole("button", { name: "Accept invitation" }).dblclick();
  await page.getByText("You’ve accepted the invitation and earned 100 points.").waitFor();
  await page.getByRole("link", { name: "Go to home" }).click();
  await page.getByText("Available points").waitFor();
  expect(await page.getByText("A friend has invited you.").count()).toBe(0);
  const awards = await gateway.sql<{ role: string; points: number }>(
    "select role::text, quantity::int as points from reward_awards where customer_id = any($1) order by role",
    [[inviter.customerId, friend.customerId]],
  );
  expect(awards).toEqual([
    { role: "RECEIVER", points: 100 },
    { role: "SHARER", points: 200 },
  ]);
  expect([...own.problems, ...problems]).toEqual([]);
});

browserTest("a signed-out visitor signs in and returns to the invitation", async () => {
  const { page, problems } = await site.visit();
  await page.goto("/invite/2222-2222");
  await page.getByText("A friend has invited you to").waitFor();
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Sign in", level: 1 }).waitFor();
  expect(await page.evaluate("history.state?.usr?.from")).toBe("/invite/2222-2222");
  expect(await page.evaluate("localStorage.getItem('tessera.invitation')")).toBe("2222-2222");
  expect(problems).toEqual([]);
});

browserTest("an invitation that cannot be accepted shows the reason", async () => {
  const { gateway } = site;
  const { page, problems } = await site.visit(await gateway.customer());
  await page.goto("/invite/2222-2222");
  await page.getByRole("button", { name: "Accept invitation" }).click();
  await page.getByText("This invitation doesn’t exist.").waitFor();
  expect(await page.evaluate("localStorage.getItem('tessera.invitation')")).toBeNull();
  expect(problems).toEqual([]);
});
