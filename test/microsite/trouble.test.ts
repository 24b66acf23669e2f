import pg from "pg";
import type { Page, Request } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { addLine, groupMember, issuable } from "../support/capillary-orders.ts";
import type { Customer, TestGateway } from "../support/gateway.ts";
import { browserTest, idle, type Microsite, startMicrosite, type Tab } from "../support/microsite.ts";
import { addToCart, orderPrepared, orderSettled, placeOrder, readOrder } from "../support/orders.ts";

let site: Microsite;
beforeAll(async () => {
  site = await startMicrosite();
});
afterAll(() => site?.[Symbol.asyncDispose]());

const ship = (orderId: string, lineId: string, status: string) =>
  site.gateway.operator.ok(
    "mutation ($input: UpdateShipmentInput!) { updateShipment(input: $input) { userErrors { message } } }",
    { input: { orderId, lineId, status, carrier: "BlueDart", trackingNumber: "BD-77" } },
  );
/** Prevents the gateway from reading the customer's session until it is released. */
async function holdSession({ databaseUrl }: TestGateway, { customerId }: Customer) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query("begin");
  await client.query("select 1 from sessions where customer_id = $1 for update", [customerId]);
  return { release: () => client.query("commit"), [Symbol.asyncDispose]: () => client.end() };
}
const ordersOf = (customerId: string) =>
  site.gateway.sql<{ id: string }>("select id from orders where customer_id = $1", [customerId]);

browserTest("units that cannot be fulfilled are refunded, and the page says so calmly", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 900 });
  gateway.sandbox.capillary.addCustomer({ externalId: customer.customerId });
  const treat = await issuable(gateway, { name: "Concert seat", points: 400 });
  await addLine(customer, treat);
  const { page, problems } = await site.visit(customer);
  gateway.sandbox.faults.add({ upstream: "capillary", operation: "issue", fault: "refuse", code: 12005 });

  await page.goto("/checkout");
  await page.getByRole("button", { name: "Place order" }).click();
  await page.getByRole("heading", { level: 1, name: "Your order was unsuccessful" }).waitFor();
  await page.getByText("All your points are back.").waitFor();
  await page.getByText("400 points were returned to your points.").waitFor();
  expect(await page.getByRole("alert").count()).toBe(0);
  expect(gateway.ledgerOf(customer)).toEqual([900, -400, 400]);
  expect(problems).toEqual([]);
});

browserTest("an order with a lost answer is shown as being confirmed, not as failed", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 500 });
  await addToCart(customer, (await gateway.voucher({ points: 200 })).id);
  const { page, problems } = await site.visit(customer);
  const { faults } = gateway.sandbox;
  const redeem = gateway.fault("redeem", { fault: "hold", commit: true });

  await page.goto("/checkout");
  await page.getByRole("button", { name: "Place order" }).click();
  await faults.held(redeem);
  gateway.fault("points", { fault: "hold", times: 100 }); // until the release, the balance is no evidence
  faults.release({ id: redeem.id, with: "drop" });
  await page.getByRole("heading", { level: 1, name: "We’re confirming your order" }).waitFor();
  await page.getByText("They can’t be taken twice").waitFor();
  expect(await page.getByRole("alert").count()).toBe(0);
  faults.clear();
  faults.release();
  await page.getByRole("heading", { level: 1, name: "Your order is complete" }).waitFor();
  expect(gateway.ledgerOf(customer)).toEqual([500, -200]);
  expect(problems).toEqual([]);
});

browserTest("a stale answer after the last event does not revert the page", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 500 });
  const redeem = gateway.fault("redeem", { fault: "hold" });
  const id = await placeOrder(customer, (await gateway.voucher({ points: 200 })).id);
  await gateway.sandbox.faults.held(redeem);
  const { page, problems, quiet } = await site.visit(customer);
  await page.goto("/orders");
  await page.locator(`a[href="/orders/${id}"]`).click();
  await page.getByRole("heading", { level: 1, name: "Your order has been placed" }).waitFor();
  await quiet();
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: "Orders" }).waitFor();
  await page.route("**/graphql", async (route) => {
    if (!route.request().postData()?.includes('"operationName":"Order"')) return route.continue();
    const before = await route.fetch();
    gateway.sandbox.faults.release({ id: redeem.id });
    await orderSettled(customer, id);
    await idle(page); // a subscribed page has received the event by now
    await route.fulfill({ response: before });
  });

  await page.goForward();
  await quiet();
  await page.getByRole("heading", { level: 1, name: "Your order is complete" }).waitFor();
  expect(problems).toEqual([]);
});

browserTest("a mutation's answer that arrives after the last event does not revert the page", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 900 });
  const id = await placeOrder(customer, (await gateway.merchandise({ points: 250 })).id);
  await orderPrepared(customer, id);
  const { page, problems, quiet } = await site.visit(customer);
  await page.goto(`/orders/${id}`);
  const refund = gateway.fault("reverse", { fault: "hold" });
  await page.route("**/graphql", async (route) => {
    const sent = route.request().postDataJSON() as {
      operationName: string;
      variables: { input?: { dryRun: boolean } };
    };
    if (sent.operationName !== "CancelOrder" || sent.variables.input?.dryRun) return route.continue();
    const before = await route.fetch();
    await gateway.sandbox.faults.held(refund);
    gateway.sandbox.faults.release({ id: refund.id });
    await orderSettled(customer, id);
    await page.getByText("All your points are back.").waitFor();
    await route.fulfill({ response: before });
  });
  await page.getByRole("button", { name: "Cancel order" }).click();
  await page.getByRole("button", { name: "Yes, cancel it" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await quiet();
  expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Your order was cancelled");
  await page.getByText("All your points are back.").waitFor();
  expect(problems).toEqual([]);
});

browserTest("two presses with a reload in between place one order", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 900 });
  await addToCart(customer, (await gateway.voucher({ points: 100 })).id);
  const { page } = await site.visit(customer);
  await page.goto("/checkout");
  const place = page.getByRole("button", { name: "Place order" });
  await page.getByText("800 points left after").waitFor();

  // The first request reaches the gateway, and its answer is lost.
  let sent = 0;
  await page.route("**/graphql", async (route) => {
    const isOrder = route.request().postData()?.includes('"operationName":"PlaceOrder"');
    if (!isOrder) return route.continue();
    sent += 1;
    if (sent > 1) return route.continue();
    await route.fetch();
    await page.reload().catch(() => {});
    return undefined;
  });
  await place.dblclick();
  await page.getByRole("heading", { level: 1, name: "Your order is complete" }).waitFor();

  expect(sent).toBe(2);
  expect(await ordersOf(customer.customerId)).toHaveLength(1);
  expect(gateway.ledgerOf(customer)).toEqual([900, -100]);
  expect(await page.evaluate(`sessionStorage.getItem('tessera.order-attempt')`)).toBeNull();
});

browserTest("a sign-out in another tab signs this one out", async () => {
  const { page, problems } = await site.visit(await site.gateway.customer({ balance: 50 }));
  await page.goto("/");
  await page.getByText("Available points").waitFor();
  const other = await page.context().newPage();
  await other.goto("/orders");
  await other.getByRole("button", { name: "Account and settings" }).click();
  await other.getByRole("menuitem", { name: "Sign out" }).click();
  await other.getByText("You’re signed out.").waitFor();
  await page.getByText("You were signed out in another tab or on another device.").waitFor();
  expect(problems).toEqual([]);
});

/** A page with cookies alone renews them once, since it does not know their expiry. */
async function afterFirstRenewal({ page, quiet }: Tab): Promise<void> {
  await page.getByRole("link", { name: "Orders" }).first().click();
  await page.waitForFunction("(JSON.parse(localStorage['tessera.session'] ?? '{}').accessUntil ?? 0) > Date.now()");
  await quiet();
}

const isRenewal = (request: Request) => request.postData()?.includes("mutation RefreshSession") ?? false;
/** Resolves once the page has processed an answer other than a renewal's. */
async function answered(page: Page): Promise<void> {
  await page.waitForResponse((response) => response.url().endsWith("/graphql") && !isRenewal(response.request()));
  await idle(page);
}

browserTest("an expired access cookie is renewed once for all tabs", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 70 });
  const tab = await site.visit(customer);
  const { page, problems, quiet } = tab;
  await page.goto("/");
  await page.getByText("Available points").waitFor();
  await afterFirstRenewal(tab);
  const other = await page.context().newPage();
  await other.goto("/orders");
  await other.getByText("You haven’t ordered anything yet").waitFor();
  await quiet();
  await page.context().clearCookies({ name: "tessera-access" });
  let renewals = 0;
  page.context().on("request", (request) => {
    if (isRenewal(request)) renewals += 1;
  });
  // No renewal is answered before both tabs know that they need one.
  await using session = await holdSession(gateway, customer);
  await Promise.all(
    [page, other].flatMap((each) => [answered(each), each.getByRole("link", { name: "Cart" }).first().click()]),
  );
  await session.release();
  await page.getByText("Your cart is empty").waitFor();
  await other.getByText("Your cart is empty").waitFor();
  await quiet();
  expect(renewals).toBe(1);
  expect(problems).toEqual([]);
});

browserTest("a page left during its session's renewal is signed in on return", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 70 });
  const tab = await site.visit(customer);
  const { page, problems } = tab;
  await page.clock.install();
  await page.goto("/");
  await page.getByText("Available points").waitFor();
  await afterFirstRenewal(tab);
  await page.context().clearCookies({ name: "tessera-access" });
  // The renewal is answered after its page has closed.
  await using session = await holdSession(gateway, customer);
  let renewals = 0;
  page.on("request", (request) => {
    if (isRenewal(request)) renewals += 1;
  });
  const asked = page.waitForRequest(isRenewal);
  await page.getByRole("link", { name: "Cart" }).first().click();
  await asked;
  await Promise.all([answered(page), page.reload()]);
  expect(renewals).toBe(1);
  await session.release();
  await expect.poll(async () => (await page.context().cookies()).map(({ name }) => name)).toContain("tessera-access");
  await page.clock.fastForward("00:05"); // the longest that it waits for that answer
  await page.getByText("Your cart is empty").waitFor();
  expect(await gateway.sql("select end_reason from sessions where customer_id = $1", [customer.customerId])).toEqual([
    { end_reason: null },
  ]);
  expect(problems).toEqual([]);
});

browserTest("an order is followed over a restart of the gateway", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 900 });
  const lamp = await gateway.merchandise({ name: "Desk lamp", points: 250 });
  const id = await placeOrder(customer, lamp.id);
  await orderPrepared(customer, id);
  const [line] = (await readOrder(customer, id)).lines;
  const { page } = await site.visit(customer);
  await page.goto(`/orders/${id}`);
  await page.getByText("Live", { exact: true }).waitFor();

  await gateway.restart({}, () => page.getByText("Reconnecting …").waitFor());
  await page.getByText("Live", { exact: true }).waitFor();
  await ship(id, line?.id ?? "", "SHIPPED");
  await page.getByText("BlueDart BD-77").waitFor();
  await ship(id, line?.id ?? "", "DELIVERED");
  await page.getByRole("heading", { level: 1, name: "Your order is complete" }).waitFor();
});

browserTest("cancelling shows the refund first", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 900 });
  const id = await placeOrder(customer, (await gateway.merchandise({ points: 250 })).id);
  await orderPrepared(customer, id);
  const { page, problems } = await site.visit(customer);
  await page.goto(`/orders/${id}`);
  await page.getByRole("button", { name: "Cancel order" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("250").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  expect(gateway.ledgerOf(customer)).toEqual([900, -250]);

  await page.getByRole("button", { name: "Cancel order" }).click();
  await dialog.getByRole("button", { name: "Yes, cancel it" }).click();
  await page.getByRole("heading", { level: 1, name: "Your order was cancelled" }).waitFor();
  await page.getByText("All your points are back.").waitFor();
  expect(gateway.ledgerOf(customer)).toEqual([900, -250, 250]);
  expect(problems).toEqual([]);
});

browserTest("the page reports being offline, and loses nothing", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 900 });
  await addToCart(customer, (await gateway.voucher({ points: 100 })).id);
  const { page } = await site.visit(customer);
  await page.goto("/checkout");
  await page.getByText("800 points left after").waitFor();
  await page.context().setOffline(true);
  await page.getByText("You’re offline").waitFor();
  await page.getByRole("button", { name: "Place order" }).click();
  await page.getByText("We haven’t received an answer yet").waitFor();
  await page.context().setOffline(false);
  await page.getByRole("heading", { level: 1, name: "Your order is complete" }).waitFor();
  expect(await ordersOf(customer.customerId)).toHaveLength(1);
});

browserTest("a programme without earning does not mention it", async () => {
  const { page, problems, quiet } = await site.visit(await site.gateway.customer({ balance: 40 }));
  await page.goto("/");
  await page.getByRole("region", { name: "Your points" }).getByText("40 points").waitFor();
  await quiet();
  expect(await page.getByText("Daily check-in").count()).toBe(0);
  await page.goto("/activity");
  await page.getByText("No earnings yet.").waitFor();
  await quiet();
  expect(await page.getByRole("heading", { level: 2 }).allTextContents()).toEqual(["Your earnings"]);
  expect(problems).toEqual([]);
});

browserTest("no page sends one upstream call per item", async () => {
  const { gateway } = site;
  const customer = await groupMember(gateway);
  const treats = [await issuable(gateway), await issuable(gateway), await issuable(gateway), await issuable(gateway)];
  const cards = await Promise.all(Array.from({ length: 6 }, () => gateway.voucher({ points: 10 })));
  for (const { id } of [...treats.slice(0, 3), ...cards]) await addToCart(customer, id);
  const { page, quiet } = await site.visit(customer);
  await page.goto("/orders");
  await page.getByText("You haven’t ordered anything yet").waitFor();

  const often: string[] = [];
  for (const path of ["/", "/rewards", "/activity", "/cart", "/checkout", "/orders"]) {
    const from = gateway.sandbox.calls.since(0).at(-1)?.seq ?? 0;
    await page.goto(path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await quiet();
    const operations = gateway.sandbox.calls.since(from).map(({ operation }) => operation);
    for (const operation of new Set(operations)) {
      const times = operations.filter((other) => other === operation).length;
      // Capillary rewards are checked again before the order, one by one: Capillary has no call for several.
      const allowed = path === "/checkout" && operation === "user-reward" ? 3 : 2;
      if (times > allowed) often.push(`${path} asks ${operation} ${times} times`);
    }
  }
  expect(often).toEqual([]);
});

browserTest("a gateway of another version receives the document's text, or serves its own page", async () => {
  const { gateway } = site;
  await gateway.voucher({ name: "Tea tin" });
  const { page } = await site.visit();
  const hasText = (body: string | null) => body?.includes('"query"') ?? false;
  // Document ids of this page become unknown to the gateway.
  await page.route("**/graphql", (route) => {
    const body = route.request().postData() ?? "";
    return route.continue({ postData: hasText(body) ? body : body.replace(/"\w{64}"/, `"${"0".repeat(64)}"`) });
  });
  const text = page.waitForRequest((request) => hasText(request.postData()));
  await page.goto("/rewards?q=tea");
  await text;
  await page.getByText("Tea tin").waitFor();

  await gateway.restart({ TRUSTED_DOCUMENTS: "only" });
  onTestFinished(() => gateway.restart());
  let loads = 0;
  page.on("load", () => (loads += 1));
  const refused = page.waitForResponse((response) => response.status() === 404);
  await page.goto("/rewards?q=tea");
  await refused;
  await page.getByText("This couldn’t be loaded").first().waitFor();
  expect(loads).toBe(2); // a second time, and no more

  await page.unroute("**/graphql");
  await page.reload();
  await page.getByText("Tea tin").waitFor();
});

browserTest("a rate-limited customer sees when to retry, and an order retries by itself", async () => {
  const { gateway } = site;
  const customer = await gateway.customer({ balance: 500 });
  const { sku, id } = await gateway.voucher({ points: 200 });
  const { page } = await site.visit(customer);
  /** Answers like a gateway whose limits are reached. */
  const refuse = (name: string, retryAfter: number) =>
    page.route("**/graphql", (route) => {
      if (!route.request().postData()?.includes(`"${name}"`)) return route.fallback();
      const extensions = { code: "RATE_LIMITED", retryable: true, retryAfter };
      const body = JSON.stringify({ errors: [{ message: "Too much at once.", extensions }] });
      return route.fulfill({ status: 429, contentType: "application/graphql-response+json", body });
    });

  await page.goto(`/rewards/${sku}`);
  await refuse("AddToCart", 7);
  await page.getByRole("button", { name: "Add to cart" }).click();
  await page.getByRole("alert").getByText("Too many requests. Try again in 7 seconds.").waitFor();
  await page.unroute("**/graphql");

  await refuse("Cart", 3);
  await page.goto("/cart");
  await page.getByText("Too many requests. Try again in 3 seconds.").waitFor();
  await page.unroute("**/graphql");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("alert").waitFor({ state: "detached" });

  await addToCart(customer, id);
  await page.goto("/checkout");
  await refuse("PlaceOrder", 1);
  const refused = page.waitForResponse((response) => response.status() === 429);
  await page.getByRole("button", { name: "Place order" }).click();
  await refused;
  await page.unroute("**/graphql");
  await page.getByRole("heading", { level: 1, name: "Your order is complete" }).waitFor();
  expect(gateway.ledgerOf(customer)).toEqual([500, -200]);
});
