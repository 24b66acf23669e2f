import { useQuery } from "@apollo/client/react";
import { StandingsDocument, type WalletInput } from "../graphql/generated/graphql.ts";
import { useSession } from "../session/use-session.ts";
import type { Standing } from "./reward-card.tsx";

/** Reads the standings of rewards in batches: a query for each page of ids. */
export function useStandings(ids: readonly string[], wallet: WalletInput): (id: string) => Standing {
  const isSignedIn = useSession().kind === "signed-in";
  const { data, loading } = useQuery(StandingsDocument, {
    variables: { ids, wallet },
    skip: !isSignedIn || ids.length === 0,
    fetchPolicy: "cache-and-network", // the balance may have changed
    nextFetchPolicy: "cache-first",
  });
  const standings = new Map(
    data?.nodes.map((node) => (node?.__typename === "Reward" ? [node.id, node.redeemability] : ["", null])),
  );
  return (id) => standings.get(id) ?? (loading ? undefined : null);
}
