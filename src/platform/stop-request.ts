/** A single Ctrl-C may arrive several times: from the terminal, from npm and from `node --watch`. */
const SAME_REQUEST_MS = 1_000;

/**
 * Calls `stop` at the first SIGINT or SIGTERM, or when the parent process has ended, and ends this process when `stop`
 * resolves. A second request ends this process at once.
 */
export function onStopRequest(stop: () => Promise<void>): void {
  let requestedAt: number | undefined;
  const request = async () => {
    if (requestedAt !== undefined) {
      if (performance.now() - requestedAt > SAME_REQUEST_MS) process.exit(1);
      return;
    }
    requestedAt = performance.now();
    await stop();
    process.exit(0);
  };
  process.on("SIGINT", request).on("SIGTERM", request).on("disconnect", request);
}
