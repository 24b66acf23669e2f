import { print } from "graphql";
import { RefreshSessionDocument, type RefreshSessionMutation } from "../graphql/generated/graphql.ts";

/**
 * Stored state of the session: the customer and the expiry of the access cookie. The tokens are in httpOnly cookies,
 * which scripts cannot read. All tabs share the state, so a sign-out in a tab signs out every tab.
 */
interface StoredSession {
  customerId: string;
  accessUntil: number;
  renewedAt: number;
  /** Set while a renewal is in flight. */
  renewingSince?: number | undefined;
}

export type SessionState =
  | { kind: "unknown" }
  | { kind: "signed-in"; customerId: string }
  | { kind: "signed-out"; reason: SignOutReason };
/** `elsewhere`: another tab or device ended the session; `expired`: the session expired. */
export type SignOutReason = "never" | "asked" | "elsewhere" | "expired";
export type Renewal = "renewed" | "ended" | "unreachable";

const KEY = "tessera.session";
/** Safety margin: an access cookie closer to its expiry may expire before the request arrives. */
const MARGIN_MS = 20_000;
/**
 * Timeout of a renewal that a previous page left in flight. The next page waits this long for the renewal's cookies.
 */
const ABANDONED_RENEWAL_MS = 5_000;

const read = (): StoredSession | null => {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "null") as StoredSession | null;
  } catch {
    return null;
  }
};
const write = (known: StoredSession | null) =>
  known ? localStorage.setItem(KEY, JSON.stringify(known)) : localStorage.removeItem(KEY);

const listeners = new Set<() => void>();
let state: SessionState = stateOf(read(), { kind: "unknown" });

function stateOf(known: StoredSession | null, fallback: SessionState): SessionState {
  return known ? { kind: "signed-in", customerId: known.customerId } : fallback;
}

function setState(next: SessionState): void {
  state = next;
  for (const listener of listeners) listener();
}

/** Ends the session in this page and in every other tab. */
function end(reason: SignOutReason): void {
  write(null);
  if (state.kind !== "signed-out") setState({ kind: "signed-out", reason });
}

window.addEventListener("storage", ({ key, storageArea }) => {
  if (storageArea !== localStorage || (key !== KEY && key !== null)) return;
  const known = read();
  if (!known) return end("elsewhere");
  // Another customer signed in: reload, so that the page never mixes the data of two customers.
  if (state.kind === "signed-in" && state.customerId !== known.customerId) return location.reload();
  if (state.kind !== "signed-in") setState(stateOf(known, state));
});

/** Allows only one renewal at a time across all tabs: a refresh token used twice ends the session. */
const withRenewalLock = <Result>(work: () => Promise<Result>): Promise<Result> =>
  "locks" in navigator ? navigator.locks.request("tessera.renewal", work) : work();

/**
 * True while the browser leaves the page. The page's requests then fail, but the renewal continues, and its record must
 * stay for the next page.
 */
let isLeaving = false;
window.addEventListener("pagehide", () => {
  isLeaving = true;
});
window.addEventListener("pageshow", () => {
  isLeaving = false;
});

let renewal: Promise<Renewal> | undefined;

async function renewIfNeeded(isNeeded: (known: StoredSession) => boolean): Promise<Renewal> {
  const known = read();
  if (!known) return "ended";
  if (!isNeeded(known)) return "renewed"; // another tab renewed it while this tab waited
  const wait = (known.renewingSince ?? 0) + ABANDONED_RENEWAL_MS - Date.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, Math.min(wait, ABANDONED_RENEWAL_MS)));
  const withoutRenewal = { ...known, renewingSince: undefined };
  write({ ...known, renewingSince: Date.now() });
  const payload = await sendRenewal().catch(() => null);
  if (!payload) {
    if (!isLeaving) write(withoutRenewal);
    return "unreachable";
  }
  if (!payload.session) {
    end("expired");
    return "ended";
  }
  write({ ...withoutRenewal, accessUntil: Date.parse(payload.session.expiresAt), renewedAt: Date.now() });
  return "renewed";
}

async function sendRenewal(): Promise<RefreshSessionMutation["refreshSession"] | undefined> {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ query: print(RefreshSessionDocument) }),
    keepalive: true, // the response's cookies must arrive even if the page is left
  });
  const { data } = (await response.json()) as { data?: RefreshSessionMutation | null };
  return data?.refreshSession;
}

function renew(isNeeded: (known: StoredSession) => boolean): Promise<Renewal> {
  renewal ??= withRenewalLock(() => renewIfNeeded(isNeeded)).finally(() => {
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
    setState({ kind: "signed-in", customerId });
  },

  /** Replaces another customer's session. The page reloads, so that no data of that customer remains. */
  replace(customerId: string, expiresAt: string, path: string): void {
    write({ customerId, accessUntil: Date.parse(expiresAt), renewedAt: Date.now() });
    location.replace(path);
  },

  /** Adopts the customer that the gateway reports, because the cookies may not match the stored state. */
  adopt(customerId: string | null): void {
    if (customerId === null) {
      if (state.kind === "unknown") end("never");
      return;
    }
    if (read()?.customerId !== customerId) write({ customerId, accessUntil: 0, renewedAt: 0 });
    if (state.kind !== "signed-in" || state.customerId !== customerId) setState({ kind: "signed-in", customerId });
  },

  end,

  /** Renews the session if the access cookie has expired or is about to expire. */
  async ensureFresh(): Promise<void> {
    const isStale = (known: StoredSession) => known.accessUntil < Date.now() + MARGIN_MS;
    const known = read();
    if (known && isStale(known)) await renew(isStale);
  },

  /** Renews the session after an anonymous response, unless it was renewed after `sentAt`. */
  renewSince: (sentAt: number): Promise<Renewal> => renew((known) => known.renewedAt <= sentAt),
};
