import type { Viewer } from "../domain/viewer.ts";
import type { Logger } from "../platform/logger.ts";

/** A notification can be lost, so the credentials of all sockets are checked at this interval, by one read. */
const CHECK_MS = 15_000;
/** Longer timers would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface EndingsOptions {
  /** Calls the listener when the session or key of this id ends. @returns a function that stops listening */
  onEnd(id: string, listener: () => void): () => void;
  /** @returns the live ids */
  liveAmong(ids: readonly string[]): Promise<ReadonlySet<string>>;
  log: Logger;
}

/** Closes sockets when their session or key ends. */
export interface Endings {
  /** @returns a function that ends the watch */
  watch(id: string, close: () => void): () => void;
  stop(): void;
}

export function makeEndings({ onEnd, liveAmong, log }: EndingsOptions): Endings {
  const closersById = new Map<string, Set<() => void>>();
  let timer: NodeJS.Timeout | undefined;

  async function check(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    try {
      const live = await liveAmong(ids);
      for (const id of ids) if (!live.has(id)) for (const close of closersById.get(id) ?? []) close();
    } catch (error) {
      log.warn({ err: error }, "The sessions of open sockets could not be checked");
    }
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    stop,
    watch(id, close) {
      const closers = closersById.get(id) ?? new Set();
      closersById.set(id, closers.add(close));
      timer ??= setInterval(() => check([...closersById.keys()]), CHECK_MS);
      const off = onEnd(id, close);
      void check([id]); // it may have ended before the subscription
      return () => {
        off();
        closers.delete(close);
        if (closers.size === 0 && closersById.get(id) === closers) closersById.delete(id);
        if (closersById.size === 0) stop();
      };
    },
  };
}

/** Ends sockets and event streams with their credentials. */
export interface ViewerEndings {
  /**
   * Calls `end`, with a readable reason, when the viewer's session ends, when the operator's key is withdrawn, or when
   * the operator's token, key or session expires.
   *
   * @returns a function that ends the watch
   */
  watch(viewer: Viewer, end: (reason: string) => void): () => void;
}

export function makeViewerEndings({
  sessions,
  keys,
  operatorSessions,
}: {
  sessions: Endings;
  keys: Endings;
  operatorSessions: Endings;
}): ViewerEndings {
  return {
    watch(viewer, end) {
      if (viewer.kind === "customer") return sessions.watch(viewer.sessionId, () => end("Session ended"));
      if (viewer.kind !== "operator") return () => {};
      const { keyId, sessionId, expiresAt } = viewer;
      const unwatchKey = keyId ? keys.watch(keyId, () => end("Key withdrawn")) : () => {};
      const unwatchSession = sessionId ? operatorSessions.watch(sessionId, () => end("Session ended")) : () => {};
      const unwatchToken = expiresAt ? at(expiresAt, () => end("Token expired")) : () => {};
      return () => {
        unwatchKey();
        unwatchSession();
        unwatchToken();
      };
    },
  };
}

/** Calls the function at a moment, at once if it has passed. @returns a function that cancels the call */
function at(moment: Date, then: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    const leftMs = moment.getTime() - Date.now();
    if (leftMs <= 0) then();
    else timer = setTimeout(wait, Math.min(leftMs, MAX_TIMER_MS));
  };
  wait();
  return () => clearTimeout(timer);
}
