const KEY = "tessera.reloaded";

/** The entry script's file name contains a hash of the whole build. */
const build = document.querySelector<HTMLScriptElement>("script[type=module]")?.src ?? "";

/**
 * Reloads the page, because the gateway may serve a newer build. A tab reloads at most once for each build, so two
 * builds cannot cause a reload loop.
 *
 * @returns whether the page reloads
 */
export function reloadOnce(): boolean {
  const builds = sessionStorage.getItem(KEY)?.split(" ") ?? [];
  if (builds.includes(build)) return false;
  sessionStorage.setItem(KEY, [...builds, build].join(" "));
  location.reload();
  return true;
}

/** Whether the gateway is reachable. Otherwise a reload could show the browser's error page. */
export const isReachable = (): Promise<boolean> =>
  fetch("/", { method: "HEAD", cache: "no-store" }).then(
    ({ ok }) => ok,
    () => false,
  );

/** Errors of chunks that could not be loaded. Vite reports each error before the import rejects. */
const chunkErrors = new WeakSet<object>();
window.addEventListener("vite:preloadError", ({ payload }) => chunkErrors.add(payload));
export const isChunkError = (error: unknown): boolean => error instanceof Error && chunkErrors.has(error);
