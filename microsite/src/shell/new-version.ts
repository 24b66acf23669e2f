const KEY = "tessera.reloaded";

/** The name of the entry script has a hash of the whole build in it. */
const build = document.querySelector<HTMLScriptElement>("script[type=module]")?.src ?? "";

/**
 * Reloads the page, because the gateway may serve another build by now: at most once for each build in a tab, so that two
 * builds never reload each other in a loop.
 * @returns whether the page reloads
 */
export function reloadOnce(): boolean {
  const builds = sessionStorage.getItem(KEY)?.split(" ") ?? [];
  if (builds.includes(build)) return false;
  sessionStorage.setItem(KEY, [...builds, build].join(" "));
  location.reload();
  return true;
}

/** Without this check a reload could replace the page by the browser's own error page. */
export const isReachable = (): Promise<boolean> =>
  fetch("/", { method: "HEAD", cache: "no-store" }).then(
    ({ ok }) => ok,
    () => false,
  );

/** Errors of chunks that could not be loaded; Vite reports each before the import that waits for it fails. */
const chunkErrors = new WeakSet<object>();
window.addEventListener("vite:preloadError", ({ payload }) => chunkErrors.add(payload));
export const isChunkError = (error: unknown): boolean => error instanceof Error && chunkErrors.has(error);
