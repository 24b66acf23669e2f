import type { ApolloClient } from "@apollo/client";
import { ApolloLink } from "@apollo/client";
import { tap } from "rxjs";

/** Mutations that change the cart. */
const changes = new Set(["AddToCart", "UpdateCartLine", "RemoveCartLine", "PlaceOrder"]);
/** Queries that show it. */
const shows = new Set(["Viewer", "Cart", "Checkout"]);

const channel = new BroadcastChannel("tessera.cart");

/** Tells the other tabs when this tab has changed the cart. */
export const cartLink = new ApolloLink((operation, forward) =>
  forward(operation).pipe(
    tap(() => {
      if (changes.has(operation.operationName ?? "")) channel.postMessage("changed");
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
  const readIfShown = () => {
    if (document.visibilityState === "visible") read();
  };
  channel.addEventListener("message", read);
  document.addEventListener("visibilitychange", readIfShown);
  return () => {
    channel.removeEventListener("message", read);
    document.removeEventListener("visibilitychange", readIfShown);
  };
}
