import { useMutation, useQuery } from "@apollo/client/react";
import { SetSavingGoalDocument, SetWishDocument, WishedDocument } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import styles from "./account.module.css";

/**
 * Adds a reward to the wish list, removes it, or makes it the saving goal. Renders nothing until the wish list is
 * known.
 */
export function WishButton({ rewardId }: { rewardId: string }) {
  const { t } = useI18n();
  const { data } = useQuery(WishedDocument, { variables: { id: rewardId }, fetchPolicy: "cache-and-network" });
  const [setWish, { loading: isWishing }] = useMutation(SetWishDocument);
  const [setGoal, { loading: isChoosing }] = useMutation(SetSavingGoalDocument);
  const node = data?.node;
  if (node?.__typename !== "Reward") return null;
  const { wished } = node;
  const isGoal = data?.me?.savingGoal?.reward.id === rewardId;
  return (
    <div className={styles.actions}>
      <Button
        variant="plain"
        busy={isWishing}
        aria-pressed={wished}
        onClick={() => void setWish({ variables: { rewardId, wished: !wished } }).catch(() => {})}
      >
        {t(wished ? "wish.remove" : "wish.add")}
      </Button>
      {wished && (
        <Button
          variant="plain"
          busy={isChoosing}
          aria-pressed={isGoal}
          onClick={() => void setGoal({ variables: { rewardId: isGoal ? null : rewardId } }).catch(() => {})}
        >
          {t(isGoal ? "goal.remove" : "goal.set")}
        </Button>
      )}
    </div>
  );
}
