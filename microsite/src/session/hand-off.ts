/**
 * What the brand's own app brings along when it opens `/signin?token=…&uid=…`. It is taken out of the address bar, and so out of
 * the history, before the page asks for anything: this is the first module that runs.
 */
export interface HandOff {
  token: string;
  customerId: string;
  /** Where to go on. */
  next: string;
}

/** The pages that a link may lead to: see the routes in `app.tsx`. */
const pages = /^\/(?:|activity|cart|checkout|(?:rewards|orders|invite)(?:\/[^/]+)?)$/;

function pathOf(next: string | null): string {
  const url = URL.parse(next ?? "/", location.origin);
  return url?.origin === location.origin && pages.test(url.pathname) ? url.pathname + url.search : "/";
}

function take(): HandOff | null {
  const { pathname, searchParams } = new URL(location.href);
  const token = searchParams.get("token");
  if (pathname !== "/signin" || token === null) return null;
  history.replaceState(null, "", pathname);
  return { token, customerId: searchParams.get("uid") ?? "", next: pathOf(searchParams.get("next")) };
}

let pending = take();

/** What no page has taken care of yet. */
export const pendingHandOff = (): HandOff | null => pending;
export const forgetHandOff = (): void => {
  pending = null;
};
