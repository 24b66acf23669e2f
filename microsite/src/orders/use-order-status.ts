import { useApolloClient } from "@apollo/client/react";
import { useEffect, useState } from "react";
import { type Following, follow } from "../graphql/following.ts";
import { OrderStatusDocument } from "../graphql/generated/graphql.ts";
import { isBackInCart } from "./order-words.ts";

/**
 * Follows an order until it is settled. The order itself goes into the cache, from which the page draws; after a lost
 * connection it goes on behind the last event seen, so none is missed.
 */
export function useOrderStatus(orderId: string | undefined): Following {
  const client = useApolloClient();
  const [following, setFollowing] = useState<Following>("connecting");

  useEffect(() => {
    if (orderId === undefined) return;
    let afterSeq: number | null = null;
    return follow(
      client,
      {
        document: OrderStatusDocument,
        variables: () => ({ orderId, afterSeq }),
        next({ orderStatus: { seq, order } }) {
          afterSeq = seq;
          const isLast = order.settled && seq >= order.seq;
          if (isLast && isBackInCart(order)) void client.refetchQueries({ include: ["Viewer"] });
          return isLast;
        },
        isCached: true,
      },
      setFollowing,
    );
  }, [client, orderId]);
  return following;
}
