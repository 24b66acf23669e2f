import { useApolloClient } from "@apollo/client/react";
import { useEffect, useState } from "react";
import { type Following, follow } from "../graphql/following.ts";
import { OrderStatusDocument } from "../graphql/generated/graphql.ts";
import { isBackInCart } from "./order-texts.ts";

/**
 * Follows an order until it is settled. Events update the order in the cache. After a lost connection the subscription
 * resumes behind the last event received, so it misses no event.
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
