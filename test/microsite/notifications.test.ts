import { randomUUID } from "node:crypto";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { makeBrowser, startPushService } from "../push/support.ts";
import type { Customer } from "../support/gateway.ts";
import { accessibilityFaults, browserTest, isTooWide, type Microsite, startMicrosite } from "../support/microsite.ts";
import { orderSettled, placeOrder } from "../support/orders.ts";

let site: Microsite;
let service: Awaited<ReturnType<typeof startPushService>>;
beforeAll(async () => {
  service = await startPushService();
  site = await startMicrosite({ WEBHOOKS_TO_PRIVATE_ADDRESSES: "true", PUSH_SERVICES: "127.0.0.1" });
});
afterAll(async () => {
  await site?.[Symbol.asyncDispose]();
  await service?.[Symbol.asyncDispose]();
});

/**
 * A headless Chromium shows no notifications, reaches no push service, and calls the permission denied even where it is
 * granted. So these tests replace the permission's getter, the subscription, and the display; the page, the worker and
 * its events, and the messages of the gateway are real.
 */
const permitted = { permissions: ["notifications"] };
const permit = (page: Page) =>
  page.addInitScript("Object.defineProperty(Notification, 'permission', { get: () => 'granted' })");

async function withPushService(page: Page) {
  const { p256dh, auth, decrypt } = makeBrowser();
  const path = randomUUID();
  await permit(page);
  await page.addInitScript(
    ({ endpoint, keys }) => {
      const page = globalThis as unknown as {
        PushManager: { prototype: { subscribe(options: object): unknown; getSubscription(): unknown } };
        localStorage: { test?: string };
        atob(text: string): string;
      };
      const bytesOf = (text: string) =>
        Uint8Array.from(page.atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0)).buffer;
      const subscription = (key: string) => ({
        endpoint,
        options: { applicationServerKey: bytesOf(key) },
        toJSON: () => ({ endpoint, keys }),
        async unsubscribe() {
          delete page.localStorage.test;
          return true;
        },
      });
      page.PushManager.prototype.subscribe = async (options: object) => {
        const { applicationServerKey } = options as { applicationServerKey: string };
        page.localStorage.test = applicationServerKey;
        return subscription(applicationServerKey);
      };
      page.PushManager.prototype.getSubscription = async () =>
        page.localStorage.test ? subscription(page.localStorage.test) : null;
    },
    { endpoint: service.endpoint(path), keys: { p256dh, auth } },
  );
  return { path, decrypt };
}

const subscriptionsOf = ({ customerId }: Customer) =>
  site.gateway.sql<{ language: string }>("select language from push_subscriptions where customer_id = $1", [
    customerId,
  ]);

browserTest("a member turns notifications on, and the worker shows a message and opens its page", async () => {
  const { gateway } = site;
  const customer = await gateway.customer();
  const { page, problems } = await site.visit(customer, { ...permitted, locale: "id" });
  const { path, decrypt } = await withPushService(page);
  await page.goto("/");
  await page.getByRole("button", { name: customer.customerId }).click();
  await page.getByRole("menuitem", { name: "Notifikasi" }).click();
  await page.getByText("Notifikasi tidak aktif di perangkat ini.").waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole("button", { name: "Aktifkan notifikasi" }).click();
  await page.getByText("Notifikasi aktif di perangkat ini.").waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(await subscriptionsOf(customer)).toEqual([{ language: "id" }]);

  const voucher = await gateway.voucher({ points: 100 });
  const order = await orderSettled(customer, await placeOrder(customer, voucher.id));
  const [arrived] = await service.when(path);
  const message = decrypt(arrived?.body ?? Buffer.alloc(0));
  const [worker] = page.context().serviceWorkers();
  if (!worker) throw new Error("the page has registered no worker");
  await worker.evaluate(`
    self.display = new Promise((resolve) => { registration.showNotification = async (...shown) => resolve(shown); });
    self.opened = new Promise((resolve) => { clients.openWindow = async (url) => resolve(String(url)); }); undefined`);
  const devtools = await page.context().newCDPSession(page);
  const registered = new Promise<string>((resolve) =>
    devtools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      if (registrations[0]) resolve(registrations[0].registrationId);
    }),
  );
  await devtools.send("ServiceWorker.enable");
  await devtools.send("ServiceWorker.deliverPushMessage", {
    origin: new URL(gateway.url).origin,
    registrationId: await registered,
    data: JSON.stringify(message),
  });
  const url = `/orders/${order.id}`;
  expect(await worker.evaluate("self.display")).toEqual([
    "Pesanan Anda selesai",
    { body: `Pesanan ${order.number}`, tag: `order:${order.number}`, renotify: true, lang: "id", data: { url } },
  ]);
  const press = `Object.assign(new ExtendableEvent("notificationclick"), { notification: { close() {}, data: ${JSON.stringify({ url })} } })`;
  await worker.evaluate(`void dispatchEvent(${press})`);
  expect(await worker.evaluate("self.opened")).toBe(gateway.url + url);

  await page.reload();
  await page.getByRole("button", { name: "Nonaktifkan" }).click();
  await page.getByText("Notifikasi tidak aktif di perangkat ini.").waitFor();
  expect(await subscriptionsOf(customer)).toEqual([]);
  expect(problems).toEqual([]);
});

browserTest("a browser that blocks notifications is told how to allow them, also on a narrow phone", async () => {
  const customer = await site.gateway.customer();
  const { page, problems } = await site.visit(customer, { viewport: { width: 320, height: 640 } });
  await page.goto("/notifications");
  await page.getByText("Your browser blocks notifications from this site.").waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(await isTooWide(page)).toBe(false);
  expect(problems).toEqual([]);
});

browserTest("a browser without Web Push says so", async () => {
  const { page, problems } = await site.visit(await site.gateway.customer());
  await page.addInitScript("delete window.PushManager");
  await page.goto("/notifications");
  await page.getByText("This browser can’t show notifications.").waitFor();
  expect(problems).toEqual([]);
});

browserTest("a push service that cannot be reached leaves notifications off", async () => {
  const customer = await site.gateway.customer();
  const { page } = await site.visit(customer, permitted);
  await permit(page);
  await page.goto("/notifications");
  await page.getByRole("button", { name: "Turn on notifications" }).click();
  await page.getByRole("alert").getByText("Notifications couldn’t be turned on").waitFor();
  await page.getByText("Notifications are off for this device.").waitFor();
  expect(page.context().serviceWorkers()).toHaveLength(1);
  expect(await subscriptionsOf(customer)).toEqual([]);
});

browserTest("a member turns notifications off in another browser", async () => {
  const { gateway } = site;
  const customer = await gateway.customer();
  const other = await gateway.customer({ customerId: customer.customerId });
  const { p256dh, auth } = makeBrowser();
  await other.ok(
    "mutation ($input: AddPushSubscriptionInput!) { addPushSubscription(input: $input) { userErrors { code } } }",
    { input: { endpoint: service.endpoint("other"), p256dh, auth } },
  );
  const { page, problems } = await site.visit(customer, permitted);
  await page.goto("/notifications");
  await page.getByRole("button", { name: "Turn off: Another device" }).click();
  await page.getByRole("heading", { name: "Your other devices" }).waitFor({ state: "detached" });
  expect(await subscriptionsOf(customer)).toEqual([]);
  expect(problems).toEqual([]);
});
