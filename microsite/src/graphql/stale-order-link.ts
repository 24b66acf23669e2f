import { ApolloLink } from "@apollo/client";
import { tap } from "rxjs";

interface Versioned {
  __typename?: string;
  id?: string;
  seq?: number;
}

/** Calls `each` for every order of an answer that has its `seq`. */
function forEachOrder(value: unknown, each: (id: string, seq: number) => void): void {
  if (typeof value !== "object" || value === null) return;
  const { __typename, id, seq } = value as Versioned;
  if (__typename === "Order" && id !== undefined && seq !== undefined) each(id, seq);
  for (const child of Object.values(value)) forEachOrder(child, each);
}

/**
 * Reads an order again after an answer that is older than an event which has already arrived. The answer of a mutation or of a list
 * by HTTP can arrive after the order's last event by the socket, and the page would show the earlier state for good.
 */
export function staleOrderLink(readAgain: (orderId: string) => void): ApolloLink {
  const received = new Map<string, number>();
  return new ApolloLink((operation, forward) =>
    forward(operation).pipe(
      tap(({ data }) =>
        forEachOrder(data, (id, seq) => {
          if (seq < (received.get(id) ?? 0)) setTimeout(readAgain, 0, id); // after the cache has stored the answer
          received.set(id, seq);
        }),
      ),
    ),
  );
}
