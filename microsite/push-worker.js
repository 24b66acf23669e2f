// Shows the notifications that the gateway sends, see src/push/push-texts.ts. It handles no requests of the site, so it
// cannot keep visitors on an old build.

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("push", (event) => {
  const { title, body, url, tag, language } = event.data.json();
  event.waitUntil(
    // A message replaces an earlier one about the same order, and sounds again because it has news.
    self.registration.showNotification(title, { body, tag, renotify: true, lang: language, data: { url } }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(new URL(event.notification.data.url, self.location.origin)));
});

async function show(url) {
  if (url.origin !== self.location.origin) return;
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = pages.find((page) => new URL(page.url).pathname === url.pathname);
  await (open ? open.focus() : self.clients.openWindow(url));
}
