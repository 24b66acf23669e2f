import { useQuery } from "@apollo/client/react";
import { Link } from "react-router";
import { home } from "../../theme/home.ts";
import { SavingGoal } from "../account/saving-goal.tsx";
import { CheckInSkeleton, CheckInTile } from "../check-in/check-in-tile.tsx";
import { HomeDocument, type HomeQuery, WishListDocument, WithinReachDocument } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { InvitationReminder } from "../invite/invitation-reminder.tsx";
import { OrderRow, OrderRowSkeleton } from "../orders/order-row.tsx";
import { RewardCard, RewardCardSkeleton } from "../rewards/reward-card.tsx";
import rewards from "../rewards/rewards.module.css";
import { isUnauthenticated } from "../session/session-link.ts";
import { LoadFailure } from "../shell/load-failure.tsx";
import { Page } from "../shell/page.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { Points } from "../ui/points.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Tile } from "../ui/tile.tsx";
import { CollectionStrip } from "./collection-strip.tsx";
import styles from "./home.module.css";
import type { HomeSection } from "./home-section.ts";

type Me = NonNullable<HomeQuery["me"]>;
const SKELETONS = ["a", "b", "c"];

export default function HomePage() {
  const { t } = useI18n();
  const { data, error, loading, refetch } = useQuery(HomeDocument, { fetchPolicy: "cache-and-network" });
  const me = data?.me;

  return (
    <Page
      title={t("home.title")}
      lead={me ? me.name && t("home.hello", { name: me.name }) : loading && <Skeleton width="9rem" height="1.45em" />}
    >
      {error && !me && !loading && <LoadFailure error={error} retry={refetch} />}
      <div className={styles.mosaic}>
        <Balance
          wallet={me?.wallet}
          isLoading={loading && !me}
          needsSignIn={isUnauthenticated(error)}
          onRetry={() => void refetch()}
        />
        <Groups wallets={me?.groupWallets} isLoading={loading && !me} />
        {loading && !me && <CheckInSkeleton />}
        {me?.checkIn && me.checkIn.cycle.length > 0 && (
          <CheckInTile status={me.checkIn} cursor={me.memberEventsCursor} />
        )}
        <SavingGoal goal={me?.savingGoal} className={styles.goal} />
      </div>

      <InvitationReminder />
      {home.map((section) => (
        <Section
          key={section.kind === "collection" ? section.id : section.kind}
          section={section}
          orders={me?.orders.nodes}
        />
      ))}
    </Page>
  );
}

function Section({ section, orders }: { section: HomeSection; orders: Me["orders"]["nodes"] | undefined }) {
  switch (section.kind) {
    case "within-reach":
      return <WithinReach />;
    case "wishes":
      return <Wishes />;
    case "orders":
      return <RecentOrders orders={orders} />;
    case "collection":
      return <CollectionStrip collection={section} />;
  }
}

function WithinReach() {
  const { t } = useI18n();
  const { data, error } = useQuery(WithinReachDocument, { fetchPolicy: "cache-and-network" });
  const within = data?.rewards;
  return (
    <section className={styles.part} aria-labelledby="within">
      <header>
        <h2 id="within">{t("home.within")}</h2>
        <Link to="/rewards?within=1">{within ? t("home.all", { count: within.totalCount }) : t("nav.rewards")}</Link>
      </header>
      {within?.totalCount === 0 ? (
        <Tile className={rewards.none}>
          <p>{t("home.nothingWithin")}</p>
          <ButtonLink to="/rewards" variant="quiet">
            {t("notFound.browse")}
          </ButtonLink>
        </Tile>
      ) : error && !within ? (
        <Notice tone="calm">{t("home.withinUnknown")}</Notice>
      ) : (
        <div className={rewards.grid} data-strip>
          {within
            ? within.nodes.map((reward) => <RewardCard key={reward.id} reward={reward} showsStanding={false} />)
            : SKELETONS.map((key) => <RewardCardSkeleton key={key} />)}
        </div>
      )}
    </section>
  );
}

/** Shows the latest orders; undefined while they load. */
function RecentOrders({ orders }: { orders: Me["orders"]["nodes"] | undefined }) {
  const { t } = useI18n();
  if (orders?.length === 0) return null;
  return (
    <section className={styles.part} aria-labelledby="recent">
      <header>
        <h2 id="recent">{t("home.recent")}</h2>
        <Link to="/orders">{t("home.allOrders")}</Link>
      </header>
      <ul className={styles.orders}>
        {orders
          ? orders.map((order) => <OrderRow key={order.id} order={order} />)
          : SKELETONS.map((key) => <OrderRowSkeleton key={key} />)}
      </ul>
    </section>
  );
}

/** Shows the rewards on the wish list. Renders nothing while the list is empty. */
function Wishes() {
  const { t } = useI18n();
  const wishes = useQuery(WishListDocument, { fetchPolicy: "cache-and-network" }).data?.me?.wishList ?? [];
  if (wishes.length === 0) return null;
  return (
    <section className={styles.part} aria-labelledby="wishes">
      <header>
        <h2 id="wishes">{t("wish.title")}</h2>
      </header>
      <div className={rewards.grid} data-strip>
        {wishes.map((reward) => (
          <RewardCard key={reward.id} reward={reward} showsStanding={false} />
        ))}
      </div>
    </section>
  );
}

function Balance(props: {
  wallet: Me["wallet"] | undefined;
  isLoading: boolean;
  needsSignIn: boolean;
  onRetry(): void;
}) {
  const { wallet, isLoading, needsSignIn, onRetry } = props;
  const { t, number, time, day } = useI18n();
  const [expiry] = wallet?.expiring ?? [];
  const amount = wallet?.available ?? wallet?.balance ?? null;
  return (
    <section className={styles.balance} aria-label={t("home.balance")}>
      <p className={styles.balanceLabel}>{t("home.available")}</p>
      {isLoading ? (
        <Skeleton width="min(14rem, 70%)" height="var(--s7)" />
      ) : amount === null ? (
        <div className={styles.unread}>
          <p>{needsSignIn ? t("home.brandSignInOver") : t("home.balanceUnknown")}</p>
          {!needsSignIn && (
            <Button variant="quiet" onClick={onRetry}>
              {t("error.again")}
            </Button>
          )}
        </div>
      ) : (
        <p className={styles.number}>
          {number(amount)} <small>{t("points.unit", { count: amount })}</small>
        </p>
      )}
      <p className={styles.asOf}>
        {isLoading && <Skeleton width="8rem" />}
        {wallet?.asOf && amount !== null && <span>{t("home.asOf", { time: time(wallet.asOf) })}</span>}
        {wallet && wallet.held > 0 && <span>{t("home.held", { count: wallet.held })}</span>}
        {expiry && <Link to="/statement">{t("expiring.next", { points: expiry.points, day: day(expiry.date) })}</Link>}
      </p>
      <svg className={styles.chips} viewBox="0 0 130 130" aria-hidden="true">
        <path fill="#8fa98b" d="M89 46.5l36-2.5 5 .5V85l-39 1.5z" />
        <path fill="#b4472d" d="M47 91l37-2 2.5 41H46z" />
        <path fill="#e2a026" d="M91 91l39-2.5V130H91.5z" />
        <path fill="#efe6d2" d="M96 4.5 130 2v37l-33.5 2z" opacity=".9" />
        <path fill="#27406b" d="M5.5 97 41 94l.5 36H4z" />
      </svg>
    </section>
  );
}

function Groups({ wallets, isLoading }: { wallets: Me["groupWallets"] | undefined; isLoading: boolean }) {
  const { t } = useI18n();
  if (isLoading) {
    return (
      <Tile className={styles.group}>
        <Skeleton width="60%" height="1.6rem" />
        <Skeleton width="70%" height="1.4em" />
        <Skeleton width="40%" height="2rem" />
      </Tile>
    );
  }
  if (wallets === null) {
    return (
      <Tile className={styles.group}>
        <h2>{t("home.groups")}</h2>
        <p className={styles.soft}>{t("home.groupsUnknown")}</p>
      </Tile>
    );
  }
  return wallets?.map((wallet) => (
    <Tile key={wallet.id} className={styles.group} aria-label={wallet.name ?? wallet.externalId ?? t("wallet.group")}>
      <h2>{wallet.name ?? wallet.externalId}</h2>
      <p className={styles.soft}>{wallet.role === "PRIMARY" ? t("home.groupLead") : t("home.groupMember")}</p>
      <p className={styles.groupPoints}>
        {wallet.balance === null ? t("wallet.noPoints") : <Points value={wallet.balance} />}
      </p>
      {wallet.status !== "ACTIVE" && <Badge tone="plain">{t("wallet.inactive")}</Badge>}
    </Tile>
  ));
}
