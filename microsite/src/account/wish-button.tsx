import { useMutation, useQuery } from "@apollo/client/react";
import { SetWishDocument, WishedDocument } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";

/** Puts a reward on the wish list, and takes it off. Nothing while it is not known whether it is there. */
export function WishButton({ rewardId }: { rewardId: string }) {
  const { t } = useI18n();
  const { data } = useQuery(WishedDocument, { variables: { id: rewardId }, fetchPolicy: "cache-and-network" });
  const [set, { loading }] = useMutation(SetWishDocument);
  const node = data?.node;
  if (node?.__typename !== "Reward") return null;
  const { wished } = node;
  return (
    <Button
      look="plain"
      busy={loading}
      aria-pressed={wished}
      onClick={() => void set({ variables: { rewardId, wished: !wished } }).catch(() => {})}
    >
      {t(wished ? "wish.remove" : "wish.add")}
    </Button>
  );
}
