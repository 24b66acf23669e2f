import { useQuery } from "@apollo/client/react";
import { useState } from "react";
import { CartDocument } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { LoadFailure } from "../shell/load-failure.tsx";
import { Page } from "../shell/page.tsx";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Tile } from "../ui/tile.tsx";
import styles from "./cart.module.css";
import { CartLine } from "./cart-line.tsx";
import { Funding } from "./funding.tsx";
import { problemText } from "./problem-text.ts";

export default function CartPage() {
  const i18n = useI18n();
  const { t } = i18n;
  const { data, loading, error, refetch } = useQuery(CartDocument, { fetchPolicy: "cache-and-network" });
  const [message, setMessage] = useState<string | null>(null);
  const cart = data?.me?.cart;

  if (!cart) {
    return (
      <Page title={t("cart.title")}>
        {loading ? (
          <div className={styles.both}>
            <Skeleton height="9rem" />
            <Skeleton height="14rem" />
          </div>
        ) : (
          <LoadFailure text={error ? t("error.load") : t("error.unexpected")} error={error} retry={refetch} />
        )}
      </Page>
    );
  }
  if (cart.lines.length === 0) {
    return (
      <Page title={t("cart.title")} narrow>
        <Tile className={styles.empty}>
          <h2>{t("cart.empty")}</h2>
          <p>{t("cart.emptyText")}</p>
          <ButtonLink to="/rewards">{t("notFound.browse")}</ButtonLink>
        </Tile>
      </Page>
    );
  }
  const groups = (data.me?.groupWallets ?? []).filter(({ status }) => status === "ACTIVE");
  // The checkout asks for the address, so this page hides the problem.
  const problems = cart.problems.filter(({ code }) => code !== "ADDRESS_REQUIRED");
  // A wallet's missing points are shown next to the wallet.
  const cartProblems = problems.filter(({ lineId, code }) => !lineId && code !== "INSUFFICIENT_POINTS");
  return (
    <Page
      title={t("cart.title")}
      lead={t("cart.lead", { count: cart.lines.reduce((sum, line) => sum + line.quantity, 0) })}
    >
      <div className={styles.both}>
        <div className={styles.lines}>
          {message && <Notice tone="calm">{message}</Notice>}
          <ul className={styles.lines}>
            {cart.lines.map((line) => (
              <CartLine
                key={line.id}
                line={line}
                version={cart.version}
                groups={groups}
                problems={problems.filter(({ lineId }) => lineId === line.id)}
                onMessage={setMessage}
              />
            ))}
          </ul>
        </div>
        <Tile className={styles.summary} aria-labelledby="funding">
          <h2 id="funding">{t("cart.funding")}</h2>
          <Funding funding={cart.funding} total={cart.total} />
          {cartProblems.map((problem) => (
            <Notice key={problem.code} tone="calm">
              {problemText(i18n, problem)}
            </Notice>
          ))}
          {problems.length > 0 ? (
            <>
              <Button disabled wide aria-describedby="why-not">
                {t("cart.checkout")}
              </Button>
              <p id="why-not" className={styles.soft}>
                {t("cart.notReady")}
              </p>
            </>
          ) : (
            <ButtonLink to="/checkout" wide>
              {t("cart.checkout")}
            </ButtonLink>
          )}
        </Tile>
      </div>
    </Page>
  );
}
