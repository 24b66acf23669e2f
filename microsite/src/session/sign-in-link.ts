/**
 * Parameters of the app's sign-in link, `/signin?token=…&uid=…`. This module runs first and removes the token from the
 * address bar, and so from the history, before the page sends any request.
 */
export interface SignInLink {
  token: string;
  customerId: string;
  /** Path to open after sign-in. */
  next: string;
}

/** Paths that a sign-in link may open; compare the routes in `app.tsx`. */
const allowedPaths = /^\/(?:|activity|cart|checkout|(?:rewards|orders|invite)(?:\/[^/]+)?)$/;

function pathOf(next: string | null): string {
  const url = URL.parse(next ?? "/", location.origin);
  return url?.origin === location.origin && allowedPaths.test(url.pathname) ? url.pathname + url.search : "/";
}

function readSignInLink(): SignInLink | null {
  const { pathname, searchParams } = new URL(location.href);
  const token = searchParams.get("token");
  if (pathname !== "/signin" || token === null) return null;
  history.replaceState(null, "", pathname);
  return { token, customerId: searchParams.get("uid") ?? "", next: pathOf(searchParams.get("next")) };
}

let pending = readSignInLink();

/** Returns the sign-in link that no page has handled yet. */
export const pendingSignInLink = (): SignInLink | null => pending;
export const clearSignInLink = (): void => {
  pending = null;
};
