/** The browser's end of notifications: the permission, the worker and the subscription at the push service. */

export const isSupported = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

const WORKER = "/push-worker.js";

/** The page's policy accepts the address of a worker from this policy alone (`src/http/pages.ts`). */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}
let trusted: string | undefined;
function workerUrl(): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  trusted ??=
    trustedTypes?.createPolicy("push-worker", { createScriptURL: () => WORKER }).createScriptURL(WORKER) ?? WORKER;
  return trusted;
}

/** The browser's subscription; null without one. */
export async function currentSubscription(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration("/");
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/**
 * Subscribes the browser; the permission must have been granted.
 *
 * @param publicKey the gateway's, in base64url. A subscription with another key gets no messages, so it is replaced.
 * @throws if the browser cannot reach its push service
 */
export async function subscribe(publicKey: string): Promise<{ endpoint: string; p256dh: string; auth: string }> {
  await navigator.serviceWorker.register(workerUrl());
  const { pushManager } = await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: publicKey };
  let subscription = await pushManager.getSubscription();
  if (subscription && base64urlOf(subscription.options.applicationServerKey) !== publicKey) {
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ??= await pushManager.subscribe(options);
  const { endpoint = "", keys } = subscription.toJSON();
  return { endpoint, p256dh: keys?.["p256dh"] ?? "", auth: keys?.["auth"] ?? "" };
}

function base64urlOf(bytes: ArrayBuffer | null): string {
  const text = String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer(0)));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
