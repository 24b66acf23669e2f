import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { syncCatalog } from "../support/capillary.ts";
import { groupMember, issuable } from "../support/capillary-orders.ts";
import {
  accessibilityFaults,
  browserTest,
  idle,
  isTooWide,
  type Microsite,
  showPage,
  startMicrosite,
  unreadableTexts,
} from "../support/microsite.ts";
import { address, addToCart } from "../support/orders.ts";
import { sentOtp, wrongOtp } from "../support/sign-in.ts";

let site: Microsite;
beforeAll(async () => {
  site = await startMicrosite({ SEED: "sample" });
  await syncCatalog(site.gateway);
});
afterAll(() => site?.[Symbol.asyncDispose]());

/** Whether the stones in the corner of the balance cover one of its texts. */
const isCovered = new Function(
  "tile",
  `const stones = [...tile.querySelectorAll("svg path")].map((stone) => stone.getBoundingClientRect());
  return [...tile.querySelectorAll("p")].some((text) => {
    const range = document.createRange();
    range.selectNodeContents(text);
    return [...range.getClientRects()].some(({ left, right, top, bottom }) =>
      stones.some((stone) => bottom > stone.top && top < stone.bottom && right > stone.left && left < stone.right),
    );
  });`,
) as (tile: unknown) => boolean;

browserTest("a new customer orders and receives the code live, with trusted documents only", async () => {
  const { gateway } = site;
  await gateway.restart({ TRUSTED_DOCUMENTS: "only" });
  onTestFinished(() => gateway.restart());
  const { page, problems } = await site.visit();
  const sent: string[] = [];
  page.on("request", (request) => sent.push(request.postData() ?? ""));
  await page.goto("/orders");

  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await page.getByLabel("Customer number").fill("CUST12345");
  await page.keyboard.press("Enter");
  const code = page.getByLabel("Six-digit code");
  await expect.poll(() => page.locator(":focus").getAttribute("autocomplete")).toBe("one-time-code");
  await page.getByRole("button", { name: /Send a new code in \d+ s/ }).waitFor();
  const otp = await sentOtp(gateway, "CUST12345");
  await code.fill(wrongOtp(otp));
  await page.getByText("You have 2 tries left").waitFor();
  await page.getByRole("button", { name: "Sign in" }).click(); // with an empty field
  await idle(page);
  await page.getByRole("alert").getByText("You have 2 tries left").waitFor();
  const devanagari = otp.slice(3).replace(/\d/g, (digit) => String.fromCodePoint(0x0966 + Number(digit)));
  await page.keyboard.insertText(` ${otp.slice(0, 3)} ${devanagari} `); // as a paste or a keyboard of another script does it

  await page.getByText("You haven’t ordered anything yet").waitFor();
  expect(await page.evaluate("document.cookie")).toBe("");
  expect(await page.evaluate("JSON.stringify([localStorage, sessionStorage])")).not.toMatch(/ey[\w-]+\./);

  await page.getByRole("navigation", { name: "Main" }).first().getByRole("link", { name: "Home" }).click();
  await page.getByText("3,500").first().waitFor();
  await page.getByText("Rao family").waitFor();
  await page.getByRole("link", { name: "Rewards", exact: true }).first().click();
  await page.getByLabel("Search rewards").fill("brewh");
  await expect.poll(() => page.url()).toContain("q=brewh");
  await page.getByRole("link", { name: "Brewhaus Gift Card ₹250" }).click();
  await page.getByText("Enough points for this").waitFor();
  await page.getByRole("button", { name: "One more" }).click();
  await page.getByRole("button", { name: "Add to cart" }).click();
  await page.getByRole("link", { name: "View cart" }).click();
  await page.getByText("3,000 points left after").waitFor();
  await page.getByRole("link", { name: "Continue" }).click();

  const redeem = gateway.fault("redeem", { fault: "hold" });
  await page.getByRole("button", { name: "Place order" }).click();
  await page.getByRole("heading", { level: 1, name: "Your order has been placed" }).waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  await gateway.sandbox.faults.held(redeem);
  gateway.sandbox.faults.release();
  await page.getByRole("heading", { level: 1, name: "Your order is complete" }).waitFor();
  await page.getByText("500 points were taken from your points.").waitFor();
  await page.getByRole("button", { name: "Show the 2 codes" }).click();
  await expect
    .poll(() =>
      page
        .locator("code")
        .filter({ hasText: /^BRE-\w{4}-\w{4}$/ })
        .count(),
    )
    .toBe(2);
  expect(gateway.sandbox.client.balance("CUST12345")).toBe(3_000);

  await page.goto("/vouchers");
  await page.getByRole("button", { name: "Show the code" }).first().click();
  await page.getByRole("img", { name: "Barcode of the code" }).waitFor();
  await page.getByRole("img", { name: "QR code of the code" }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.emulateMedia({ media: "print" });
  expect(await page.getByRole("banner").isVisible()).toBe(false);
  expect(await page.getByRole("button").filter({ visible: true }).allTextContents()).toEqual([]);
  expect(await page.getByRole("img", { name: "Barcode of the code" }).isVisible()).toBe(true);
  await page.emulateMedia({ media: "screen" });
  await page.getByRole("button", { name: "Mark as used" }).first().click();
  await expect.poll(() => page.getByRole("button", { name: "Mark as used" }).count()).toBe(1);
  await page.getByRole("radio", { name: "Used", exact: true }).click();
  await page.getByRole("button", { name: "Mark as not used" }).waitFor();
  await page.goto("/statement");
  await page.getByText("−500").waitFor();

  await page.getByRole("button", { name: "Account and settings" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByText("You’re signed out.").waitFor();
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  expect(sent.filter((body) => body.includes("sha256Hash")).length).toBeGreaterThan(10);
  expect(sent.filter((body) => body.includes('"query"'))).toEqual([]);
  expect(problems).toEqual([]); // nor was a document refused
});

browserTest("one order from one’s own points and a group’s", async () => {
  const { gateway } = site;
  const customer = await groupMember(gateway, { balance: 900, groupPoints: 700 });
  const [treat, own] = [
    await issuable(gateway, { name: "Family breakfast", points: 300 }),
    await gateway.voucher({ name: "Own card", points: 200 }),
  ];
  const { page, problems } = await site.visit(customer);

  await page.goto(`/rewards/CAP-${treat.upstreamId}`);
  await page.getByRole("group", { name: "Pay with" }).getByRole("radio").nth(1).check();
  await page.getByRole("button", { name: "Add to cart" }).click();
  await page.getByText("Added to your cart.").waitFor();
  await page.goto(`/rewards/${own.sku}`);
  await page.getByRole("button", { name: "Add to cart" }).click();
  await page.getByText("Added to your cart.").waitFor();
  await page.goto("/cart");
  await page.getByText("700 points left after").waitFor();
  await page.getByText("400 points left after").waitFor();
  await page.getByRole("button", { name: "One more" }).first().click();
  await page.getByText("100 points left after").waitFor();
  await page.getByRole("link", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Place order" }).click();
  await page.getByRole("heading", { level: 1, name: "Your order is complete" }).waitFor();

  await expect.poll(() => page.getByText(/points were taken from/).count()).toBe(3);
  expect(gateway.ledgerOf(customer)).toEqual([900, -200]);
  expect(gateway.sandbox.capillary.groupBalance(customer.groupId)).toBe(100);
  expect(problems).toEqual([]);
});

browserTest("a wallet is selected once the payable ones are known, and a later answer does not change it", async () => {
  const { gateway } = site;
  const customer = await groupMember(gateway, { balance: 900, groupPoints: 700 });
  const treat = await issuable(gateway, { name: "Late breakfast", points: 300 });
  const { page, problems } = await site.visit(customer);
  const ofGroup = page.waitForResponse((response) =>
    (response.request().postData() ?? "").includes('"payWith":"GROUP"'),
  );
  const release = Promise.withResolvers<void>();
  await page.route("**/graphql", async (route) => {
    if (route.request().postData()?.includes('"payWith":"INDIVIDUAL"')) await release.promise;
    await route.continue();
  });

  await page.goto(`/rewards/CAP-${treat.upstreamId}`);
  const wallets = page.getByRole("group", { name: "Pay with" }).getByRole("radio");
  await ofGroup;
  await page.getByText("Enough points for this").first().waitFor();
  expect(
    await wallets.evaluateAll((radios) => radios.map((radio) => (radio as unknown as { checked: boolean }).checked)),
  ).toEqual([false, false]);
  expect(await page.getByRole("button", { name: "Add to cart" }).isDisabled()).toBe(true);
  release.resolve();
  await wallets.nth(0).and(page.locator(":checked")).waitFor();
  await page.getByRole("button", { name: "Add to cart" }).click();
  await page.getByText("Added to your cart.").waitFor();
  expect(problems).toEqual([]);
});

browserTest("a saved address is chosen and not typed again, and a second tab follows the cart", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 900 });
  const lamp = await gateway.merchandise({ name: "Desk lamp", points: 300 });
  await customer.ok(
    "mutation ($address: AddressInput!) { saveAddress(input: { address: $address }) { userErrors { code } } }",
    {
      address,
    },
  );
  const { page, problems } = await site.visit(customer);
  await page.goto("/cart");
  await page.getByText("Your cart is empty").waitFor();
  const other = await page.context().newPage();
  await other.goto(`/rewards/${lamp.sku}`);
  await other.getByText("Enough points for this").waitFor();
  await other.getByRole("button", { name: "Add to cart" }).click();
  await page.getByRole("link", { name: "Desk lamp" }).waitFor();

  await page.getByRole("link", { name: "Continue" }).click();
  await page.getByRole("radio", { name: address.line1 }).and(page.locator(":checked")).waitFor();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Place order" }).click();
  await page.getByText("It’s being packed.").waitFor();
  await page.getByText(address.line1).waitFor();
  await other.getByRole("button", { name: "Add to wish list" }).click();
  await other.getByRole("button", { name: "Remove from wish list" }).waitFor();
  await page.goto("/");
  await page.getByRole("region", { name: "Your wish list" }).getByText("Desk lamp").waitFor();
  expect(problems).toEqual([]);
});

browserTest("every page is accessible, also on a phone and in the dark scheme", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ customerId: "CUST67890" });
  const jacket = await gateway.merchandise({ name: "Rain jacket", points: 300 });
  const phone = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true, colorScheme: "dark" as const };
  for (const [look, options] of [
    ["desk", {}],
    ["phone", phone],
  ] as const) {
    const signedOut = await site.visit(undefined, options);
    await signedOut.page.goto("/signin");
    await signedOut.page.getByLabel("Customer number").waitFor();
    expect([look, "signin", await accessibilityFaults(signedOut.page)]).toEqual([look, "signin", []]);
    expect([look, "signin", await isTooWide(signedOut.page)]).toEqual([look, "signin", false]);
  }

  const fillCart = () => addToCart(customer, jacket.id);
  await fillCart();
  // The cookies are of one session: one browser opens every page, in two sizes.
  const { page, problems, quiet } = await site.visit(customer);
  const look = async (where: string) => {
    for (const [scheme, viewport] of [
      ["light", { width: 1280, height: 860 }],
      ["dark", phone.viewport],
    ] as const) {
      await showPage(page, { scheme, viewport });
      // The dark scheme and a phone change only colours and sizes.
      const rules = scheme === "light" ? undefined : ["color-contrast", "target-size"];
      // The colours of a scheme arrive with a style recalculation of their own.
      await expect
        .poll(async () => [where, scheme, await accessibilityFaults(page, rules)])
        .toEqual([where, scheme, []]);
      expect([where, scheme, await isTooWide(page), await unreadableTexts(page)]).toEqual([where, scheme, false, []]);
    }
  };
  await page.goto("/");
  await page.getByText("8,200").first().waitFor();
  await look("home");
  await page.evaluate('document.documentElement.dir = "rtl"');
  await look("home from right to left");
  expect(await page.getByRole("region", { name: "Your points" }).evaluate(isCovered)).toBe(false);
  await page.goto("/rewards");
  await page.getByText("You have enough points").first().waitFor();
  await look("rewards");
  await page.goto(`/rewards/${jacket.sku}`);
  await page.getByText("Enough points for this").waitFor();
  await look("reward");
  await page.goto("/cart");
  await page.getByText("points left after").waitFor();
  await look("cart");
  await page.getByRole("link", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("This field is required.").first().waitFor();
  await look("checkout");
  for (const [label, text] of [
    ["Name", "Noor"],
    ["Street and number", "1 Hill St"],
    ["City", "Pune"],
    ["Postal code", "411001"],
  ] as const) {
    await page.getByLabel(label, { exact: true }).fill(text);
  }
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Place order" }).click();
  await page.getByText("Being packed").waitFor();
  await look("order");
  const order = new URL(page.url()).pathname;
  await page.getByRole("button", { name: "Cancel order" }).click();
  await page.getByRole("dialog").getByText("these points are returned").waitFor();
  await look("cancelling");
  await page.getByRole("button", { name: "Keep order" }).click();
  await page.goto("/orders");
  await page.getByText("Rain jacket").waitFor();
  await look("orders");
  await page.goto("/statement");
  await page.getByText("−300").waitFor();
  await look("statement");
  await page.goto("/vouchers");
  await page.getByText("You don’t have any vouchers to use yet.").waitFor();
  await look("vouchers");
  await page.goto("/rewards/no-such-reward");
  await page.getByRole("heading", { name: "Page not found" }).waitFor();
  await look("nothing");

  await fillCart();
  for (const [language, direction] of [
    ["hi", "ltr"],
    ["id", "rtl"], // as in a right-to-left language, with the texts of another
  ] as const) {
    await page.evaluate(`localStorage.setItem("tessera.language", "${language}")`);
    for (const path of [
      "/",
      "/rewards",
      `/rewards/${jacket.sku}`,
      "/cart",
      "/checkout",
      "/orders",
      order,
      "/vouchers",
      "/statement",
      "/info/help",
    ]) {
      await page.goto(path);
      await page.locator(`html[lang=${language}]`).waitFor();
      await page.getByRole("heading", { level: 1 }).waitFor();
      await quiet();
      await page.evaluate(`document.documentElement.dir = "${direction}"`);
      const seen = [await accessibilityFaults(page), await isTooWide(page), await unreadableTexts(page)];
      expect([language, path, ...seen]).toEqual([language, path, [], false, []]);
    }
  }
  expect(problems).toEqual([]);
});
