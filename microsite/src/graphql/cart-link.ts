import type { ApolloClient } from "@apollo/client";
import { ApolloLink } from "@apollo/client";
import { tap } from "rxjs";

/** Mutations that change the cart. */
const cartMutations = new Set(["AddToCart", "UpdateCartLine", "RemoveCartLine", "PlaceOrder"]);
/** Queries that contain the cart. */
const cartQueries = new Set(["Viewer", "Cart", "Checkout"]);

/** localStorage key. Each write has a new value, because the storage event fires only on a change. */
const KEY = "tessera.cart-changed";

/** After this time in the background the page refetches the cart when it becomes visible. */
const AWAY_MS = 10_000;

/** Notifies the other tabs after this tab changed the cart. */
export const cartLink = new ApolloLink((operation, forward) =>
  forward(operation).pipe(
    tap(() => {
      if (cartMutations.has(operation.operationName ?? "")) localStorage.setItem(KEY, crypto.randomUUID());
    }),
  ),
);

/**
 * Refetches the active cart queries after another tab changed the cart. They are also refetched when the page becomes
 * visible, because another device may have changed the cart.
 *
 * @returns a function that stops it
 */
export function followCart(client: ApolloClient): () => void {
  const refetchCart = () => {
    for (const query of client.getObservableQueries()) {
      if (cartQueries.has(query.queryName ?? "")) void query.refetch().catch(() => {}); // the page keeps its current data
    }
  };
  let hiddenSince = Number.POSITIVE_INFINITY;
  const refetchIfVisible = () => {
    const wasAway = Date.now() - hiddenSince >= AWAY_MS;
    hiddenSince = document.visibilityState === "hidden" ? Date.now() : Number.POSITIVE_INFINITY;
    if (wasAway && document.visibilityState === "visible") refetchCart();
  };
  const refetchIfChanged = ({ key }: StorageEvent) => {
    if (key === KEY) refetchCart();
  };
  window.addEventListener("storage", refetchIfChanged);
  document.addEventListener("visibilitychange", refetchIfVisible);
  return () => {
    window.removeEventListener("storage", refetchIfChanged);
    document.removeEventListener("visibilitychange", refetchIfVisible);
  };
}
