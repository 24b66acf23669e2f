import { useMutation, useQuery } from "@apollo/client/react";
import { useEffect, useRef, useState } from "react";
import { failureText } from "../graphql/failure-text.ts";
import {
  AddToCartDocument,
  PayingWalletsDocument,
  type RefusalFragment,
  StandingsDocument,
} from "../graphql/generated/graphql.ts";
import { refusalText } from "../graphql/refusal-text.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Amount } from "../ui/amount.tsx";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { Points } from "../ui/points.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import type { Standing } from "./reward-card.tsx";
import type { RewardDetail } from "./reward-page.tsx";
import styles from "./rewards.module.css";
import { walletOf } from "./search.ts";

/** A wallet that may pay. `group` is the group wallet's id, empty for the member's own wallet. */
interface Option {
  group: string;
  name: string;
  points: number | null;
}

/** Chooses the wallet that pays and the quantity. */
export function BuyForm({ reward }: { reward: RewardDetail }) {
  const i18n = useI18n();
  const { t } = i18n;
  const wallets = useQuery(PayingWalletsDocument, { fetchPolicy: "cache-and-network" });
  const me = wallets.data?.me;
  const acceptsOwnPoints = reward.payableWith.includes("INDIVIDUAL");
  const acceptsGroupPoints = reward.payableWith.includes("GROUP");
  const options: Option[] = [
    ...(acceptsOwnPoints ? [{ group: "", name: t("wallet.own"), points: me?.wallet?.available ?? null }] : []),
    ...(acceptsGroupPoints
      ? (me?.groupWallets ?? []).map((wallet) => ({
          group: wallet.id,
          name: wallet.name ?? wallet.externalId ?? t("wallet.group"),
          points: wallet.balance,
        }))
      : []),
  ];
  const [standings, setStandings] = useState<Record<string, Standing>>({});
  const [chosen, setChosen] = useState<string | null>(null);
  const [quantity, setQuantity] = useState(1);
  const [add, adding] = useMutation(AddToCartDocument);
  const [added, setAdded] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<RefusalFragment | null>(null);
  const [failure, setFailure] = useState<string | null>(null);

  const group = chosen ?? firstPayingWallet(options, standings);
  const standing = group === undefined ? undefined : standings[group];
  const isUnredeemable = standing != null && !standing.redeemable;
  // Fix the choice, so that a later response does not switch wallets.
  useEffect(() => {
    if (group !== undefined) setChosen(group);
  }, [group]);

  async function addToCart() {
    if (group === undefined) return;
    setAdded(null);
    setRefusal(null);
    setFailure(null);
    try {
      const { data } = await add({ variables: { input: { rewardId: reward.id, quantity, ...walletOf(group) } } });
      const [first] = data?.addToCart.userErrors ?? [];
      if (first) setRefusal(first);
      else setAdded(t("reward.added", { count: quantity }));
    } catch (error) {
      setFailure(failureText(i18n, error));
    }
  }

  if (!me) return wallets.loading ? <Skeleton height="9rem" /> : <Notice tone="bad">{t("error.load")}</Notice>;
  if (options.length === 0) {
    return <Notice tone="calm">{acceptsGroupPoints ? t("reward.noGroup") : t("reason.NOT_CONFIGURED")}</Notice>;
  }
  return (
    <>
      <fieldset className={styles.wallets}>
        <legend>{t("rewards.payWith")}</legend>
        {options.map((option) => (
          <WalletOption
            key={option.group}
            option={option}
            rewardId={reward.id}
            isChosen={option.group === group}
            onChoose={() => setChosen(option.group)}
            onStanding={(found) => setStandings((known) => ({ ...known, [option.group]: found }))}
          />
        ))}
      </fieldset>
      <div className={styles.bar}>
        {refusal && <Notice tone="bad">{refusalText(i18n, refusal)}</Notice>}
        {failure !== null && <Notice tone="bad">{failure}</Notice>}
        {added && (
          <Notice tone="good" title={added}>
            <div>
              <ButtonLink to="/cart" variant="plain">
                {t("reward.toCart")}
              </ButtonLink>
            </div>
          </Notice>
        )}
        <div className={styles.row}>
          <span className={styles.barPrice}>
            <Points isPrice value={reward.points * quantity} />
          </span>
          <Amount
            label={t("reward.quantity")}
            value={quantity}
            max={Math.min(reward.limitPerCustomer ?? 99, reward.stock ?? 99)}
            isDisabled={isUnredeemable}
            onChange={setQuantity}
          />
          <Button
            busy={adding.loading}
            disabled={group === undefined || isUnredeemable}
            onClick={() => void addToCart()}
          >
            {t("reward.add")}
          </Button>
        </div>
      </div>
    </>
  );
}

/**
 * Returns the first wallet that can pay, or else the first wallet; undefined while an earlier wallet's standing is
 * unknown.
 */
function firstPayingWallet(options: readonly Option[], standings: Record<string, Standing>): string | undefined {
  for (const { group } of options) {
    const standing = standings[group];
    if (standing === undefined) return undefined;
    if (standing?.redeemable) return group;
  }
  return options[0]?.group;
}

function WalletOption(props: {
  option: Option;
  rewardId: string;
  isChosen: boolean;
  onChoose(): void;
  onStanding(standing: Standing): void;
}) {
  const { option, rewardId, isChosen, onChoose, onStanding } = props;
  const { t } = useI18n();
  const { data, loading } = useQuery(StandingsDocument, {
    variables: { ids: [rewardId], wallet: walletOf(option.group) },
    fetchPolicy: "cache-and-network",
  });
  const [node] = data?.nodes ?? [];
  const standing = node?.__typename === "Reward" ? node.redeemability : loading ? undefined : null;
  useReportStanding(standing, onStanding);
  return (
    <label className={styles.wallet}>
      <input type="radio" name="wallet" checked={isChosen} onChange={onChoose} />
      <span>{option.name}</span>
      {option.points === null ? <span>–</span> : <Points value={option.points} />}
      <small>
        {standing === undefined ? (
          <Skeleton width="8rem" height="1rem" />
        ) : standing === null ? (
          t("reason.UPSTREAM_UNAVAILABLE")
        ) : standing.redeemable ? (
          t("reward.canPay")
        ) : standing.shortBy !== null ? (
          t("rewards.short", { count: standing.shortBy })
        ) : (
          standing.reasons.map((reason) => t(`reason.${reason}`)).join(" ")
        )}
      </small>
    </label>
  );
}

/** Passes each new standing to the parent. */
function useReportStanding(standing: Standing, onStanding: (standing: Standing) => void): void {
  const latest = useRef(onStanding);
  latest.current = onStanding;
  useEffect(() => latest.current(standing), [standing]);
}
