import { useQuery } from "@apollo/client/react";
import { useParams } from "react-router";
import { WishButton } from "../account/wish-button.tsx";
import { RewardDetailDocument, type RewardDetailQuery } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { useSession } from "../session/use-session.ts";
import { LoadFailure } from "../shell/load-failure.tsx";
import NotFoundPage from "../shell/not-found-page.tsx";
import { Page } from "../shell/page.tsx";
import { ButtonLink } from "../ui/button.tsx";
import { Picture } from "../ui/picture.tsx";
import { Points } from "../ui/points.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Tile } from "../ui/tile.tsx";
import { BuyForm } from "./buy-form.tsx";
import { MoreRewards } from "./more-rewards.tsx";
import styles from "./rewards.module.css";

export type RewardDetail = NonNullable<RewardDetailQuery["reward"]>;

export default function RewardPage() {
  const { t } = useI18n();
  const { sku = "" } = useParams();
  const isSignedIn = useSession().kind === "signed-in";
  const { data, loading, error, refetch } = useQuery(RewardDetailDocument, { variables: { sku } });
  const reward = data?.reward;

  if (!reward && !loading) {
    if (!error) return <NotFoundPage />;
    return (
      <Page title={t("rewards.title")} narrow>
        <LoadFailure error={error} retry={refetch} />
      </Page>
    );
  }
  return (
    <Page
      title={reward?.name ?? t("rewards.loading")}
      lead={reward ? `${reward.brand} · ${t(`kind.${reward.kind}`)}` : <Skeleton width="10rem" height="1.45em" />}
    >
      <div className={styles.detail}>
        <div className={styles.stage}>
          <Picture reward={reward} priority key={reward?.id ?? ""} />
        </div>
        <div className={styles.side}>
          <Tile className={styles.facts}>{reward ? <Facts reward={reward} /> : <Skeleton height="9rem" />}</Tile>
          <Tile className={styles.buy}>
            {!reward ? (
              <Skeleton height="9rem" />
            ) : isSignedIn ? (
              <>
                <BuyForm key={reward.id} reward={reward} />
                <div>
                  <WishButton rewardId={reward.id} />
                </div>
              </>
            ) : (
              <>
                <p>{t("reward.signIn")}</p>
                <div className={styles.bar}>
                  <ButtonLink to="/signin" state={{ from: `/rewards/${encodeURIComponent(sku)}` }}>
                    {t("nav.signIn")}
                  </ButtonLink>
                </div>
              </>
            )}
          </Tile>
          {reward && (reward.howToUse || reward.terms) && (
            <Tile>
              <TextSection title={t("reward.howToUse")} text={reward.howToUse} isOpen />
              <TextSection title={t("reward.terms")} text={reward.terms} />
            </Tile>
          )}
        </div>
      </div>
      {reward && <MoreRewards key={reward.id} id={reward.id} category={reward.category} />}
    </Page>
  );
}

function Facts({ reward }: { reward: RewardDetail }) {
  const { t, day } = useI18n();
  const { stock, limitPerCustomer, validUntil, kind, payableWith } = reward;
  const facts = [
    stock !== null && stock > 0 && stock <= 20 && t("rewards.few", { count: stock }),
    limitPerCustomer !== null && t("reward.limit", { count: limitPerCustomer }),
    validUntil && t("reward.until", { day: day(validUntil) }),
    t(`reward.delivery.${kind}`),
    payableWith.includes("GROUP") && !payableWith.includes("INDIVIDUAL") && t("reward.groupOnly"),
  ].filter((fact) => typeof fact === "string");
  return (
    <>
      <p>
        <Points isPrice value={reward.points} className={styles.big} />
      </p>
      <p>{reward.description}</p>
      <ul className={styles.list}>
        {facts.map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
    </>
  );
}

function TextSection({ title, text, isOpen = false }: { title: string; text: string | null; isOpen?: boolean }) {
  if (!text) return null;
  return (
    <details className={styles.words} open={isOpen}>
      <summary>{title}</summary>
      <p>{text}</p>
    </details>
  );
}
