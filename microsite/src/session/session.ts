import { print } from "graphql";
import { RefreshSessionDocument, type RefreshSessionMutation } from "../graphql/generated/graphql.ts";

/**
 * What this page knows of the session: whose it is, and until when its access cookie is good. The tokens themselves are in
 * httpOnly cookies, where no script reads them. It is kept for all tabs together, so one tab's sign-out is every tab's.
 */
interface Known {
  customerId: string;
  accessUntil: number;
  renewedAt: number;
  /** Set while a renewal is under way. */
  renewingSince?: number | undefined;
}

export type SessionState =
  | { kind: "unknown" }
  | { kind: "signed-in"; customerId: string }
  | { kind: "signed-out"; why: SignedOutBecause };
/** `elsewhere`: another tab or device ended it; `expired`: it ran out. */
export type SignedOutBecause = "never" | "asked" | "elsewhere" | "expired";
export type Renewal = "renewed" | "ended" | "unreachable";

const KEY = "tessera.session";
/** A cookie this close to its end may be gone before the request arrives. */
const MARGIN_MS = 20_000;
/** A renewal that a page had begun when it was left is answered within this time; the page after it waits for its cookies. */
const LEFT_BEHIND_MS = 5_000;

const read = (): Known | null => {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "null") as Known | null;
  } catch {
    return null;
  }
};
const write = (known: Known | null) =>
  known ? localStorage.setItem(KEY, JSON.stringify(known)) : localStorage.removeItem(KEY);

const listeners = new Set<() => void>();
let state: SessionState = stateOf(read(), { kind: "unknown" });

function stateOf(known: Known | null, otherwise: SessionState): SessionState {
  return known ? { kind: "signed-in", customerId: known.customerId } : otherwise;
}

function become(next: SessionState): void {
  state = next;
  for (const listener of listeners) listener();
}

/** Ends what this page shows of the session, here and in every other tab. */
function end(why: SignedOutBecause): void {
  write(null);
  if (state.kind !== "signed-out") become({ kind: "signed-out", why });
}

window.addEventListener("storage", ({ key, storageArea }) => {
  if (storageArea !== localStorage || (key !== KEY && key !== null)) return;
  const known = read();
  if (!known) return end("elsewhere");
  // Somebody else signed in: nothing on this page may be theirs and the other's at once.
  if (state.kind === "signed-in" && state.customerId !== known.customerId) return location.reload();
  if (state.kind !== "signed-in") become(stateOf(known, state));
});

/** One renewal at a time, over all tabs: a refresh token that is used twice ends the session. */
const oneAtATime = <Result>(work: () => Promise<Result>): Promise<Result> =>
  "locks" in navigator ? navigator.locks.request("tessera.renewal", work) : work();

/** While the page is left, its requests fail for the page alone: the renewal goes on, and the page after it has to know. */
let isLeaving = false;
window.addEventListener("pagehide", () => {
  isLeaving = true;
});
window.addEventListener("pageshow", () => {
  isLeaving = false;
});

let renewal: Promise<Renewal> | undefined;

async function askForRenewal(needed: (known: Known) => boolean): Promise<Renewal> {
  const known = read();
  if (!known) return "ended";
  if (!needed(known)) return "renewed"; // by another tab, while we waited for our turn
  const wait = (known.renewingSince ?? 0) + LEFT_BEHIND_MS - Date.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, Math.min(wait, LEFT_BEHIND_MS)));
  const settled = { ...known, renewingSince: undefined };
  write({ ...known, renewingSince: Date.now() });
  const payload = await sendRenewal().catch(() => null);
  if (!payload) {
    if (!isLeaving) write(settled);
    return "unreachable";
  }
  if (!payload.session) {
    end("expired");
    return "ended";
  }
  write({ ...settled, accessUntil: Date.parse(payload.session.expiresAt), renewedAt: Date.now() });
  return "renewed";
}

async function sendRenewal(): Promise<RefreshSessionMutation["refreshSession"] | undefined> {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ query: print(RefreshSessionDocument) }),
    keepalive: true, // its cookies count also when the page is left
  });
  const { data } = (await response.json()) as { data?: RefreshSessionMutation | null };
  return data?.refreshSession;
}

function renew(needed: (known: Known) => boolean): Promise<Renewal> {
  renewal ??= oneAtATime(() => askForRenewal(needed)).finally(() => {
    renewal = undefined;
  });
  return renewal;
}

export const session = {
  state: () => state,
  subscribe(listener: () => void) {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  },

  begin(customerId: string, expiresAt: string): void {
    write({ customerId, accessUntil: Date.parse(expiresAt), renewedAt: Date.now() });
    become({ kind: "signed-in", customerId });
  },

  /** Begins in the place of somebody else's session: the page is loaded anew, so that nothing of theirs stays on it. */
  replace(customerId: string, expiresAt: string, path: string): void {
    write({ customerId, accessUntil: Date.parse(expiresAt), renewedAt: Date.now() });
    location.replace(path);
  },

  /** Takes note of whom the gateway says we are: the cookies may be older, or newer, than what is on record here. */
  found(customerId: string | null): void {
    if (customerId === null) {
      if (state.kind === "unknown") end("never");
      return;
    }
    if (read()?.customerId !== customerId) write({ customerId, accessUntil: 0, renewedAt: 0 });
    if (state.kind !== "signed-in" || state.customerId !== customerId) become({ kind: "signed-in", customerId });
  },

  end,

  /** Renews the access cookie when it has run out. */
  async ensureFresh(): Promise<void> {
    const isStale = (known: Known) => known.accessUntil < Date.now() + MARGIN_MS;
    const known = read();
    if (known && isStale(known)) await renew(isStale);
  },

  /** After an answer that took us for nobody: renews, unless that was done since the request was sent. */
  renewSince: (sentAt: number): Promise<Renewal> => renew((known) => known.renewedAt <= sentAt),
};
