import type { ApolloClient } from "@apollo/client";
import { ApolloLink } from "@apollo/client";
import { tap } from "rxjs";

/** Mutations that change the cart. */
const changes = new Set(["AddToCart", "UpdateCartLine", "RemoveCartLine", "PlaceOrder"]);
/** Queries that show it. */
const shows = new Set(["Viewer", "Cart", "Checkout"]);

/** A new value here tells the other tabs, so it is another text each time. */
const KEY = "tessera.cart-changed";

/** A page that was hidden this long reads the cart anew when it is looked at again. */
const AWAY_MS = 10_000;

/** Tells the other tabs when this tab has changed the cart. */
export const cartLink = new ApolloLink((operation, forward) =>
  forward(operation).pipe(
    tap(() => {
      if (changes.has(operation.operationName ?? "")) localStorage.setItem(KEY, crypto.randomUUID());
    }),
  ),
);

/**
 * Reads the cart anew as far as this page shows it, when another tab has changed it, and when the page is looked at again:
 * another device may have.
 * @returns what ends it
 */
export function followCart(client: ApolloClient): () => void {
  const read = () => {
    for (const query of client.getObservableQueries()) {
      if (shows.has(query.queryName ?? "")) void query.refetch().catch(() => {}); // the page still shows what it has
    }
  };
  let hiddenSince = Number.POSITIVE_INFINITY;
  const readIfShown = () => {
    const wasAway = Date.now() - hiddenSince >= AWAY_MS;
    hiddenSince = document.visibilityState === "hidden" ? Date.now() : Number.POSITIVE_INFINITY;
    if (wasAway && document.visibilityState === "visible") read();
  };
  const readIfChanged = ({ key }: StorageEvent) => {
    if (key === KEY) read();
  };
  window.addEventListener("storage", readIfChanged);
  document.addEventListener("visibilitychange", readIfShown);
  return () => {
    window.removeEventListener("storage", readIfChanged);
    document.removeEventListener("visibilitychange", readIfShown);
  };
}
