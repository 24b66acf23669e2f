import { useMutation, useQuery } from "@apollo/client/react";
import { lazy, useState } from "react";
import { Link, useSearchParams } from "react-router";
import cartStyles from "../cart/cart.module.css";
import { failureText } from "../graphql/failure-text.ts";
import {
  MarkVoucherDocument,
  RevealVoucherDocument,
  type RevealVoucherMutation,
  type VoucherPartsFragment,
  VouchersDocument,
} from "../graphql/generated/graphql.ts";
import { refusalText } from "../graphql/refusal-text.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { ErrorBoundary } from "../shell/error-boundary.tsx";
import { LoadFailure } from "../shell/load-failure.tsx";
import { Page } from "../shell/page.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { Picture } from "../ui/picture.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Tile } from "../ui/tile.tsx";
import { useLoadMore } from "../ui/use-more.ts";
import styles from "./account.module.css";

const ShownCode = lazy(async () => ({ default: (await import("./shown-code.tsx")).ShownCode }));

const states = ["READY", "USED", "EXPIRED"] as const;
type State = (typeof states)[number];

/** Lists all voucher codes by state, usable codes first. */
export default function VouchersPage() {
  const { t } = useI18n();
  const [params, setParams] = useSearchParams();
  const state = states.find((each) => each === params.get("state")) ?? "READY";
  const { data, error, loading, fetchMore, refetch } = useQuery(VouchersDocument, {
    variables: { states: [state] },
    fetchPolicy: "cache-and-network",
    nextFetchPolicy: "cache-first",
  });
  const vouchers = data?.me?.vouchers;
  const { isLoadingMore, loadMore: more } = useLoadMore(() =>
    fetchMore({ variables: { after: vouchers?.pageInfo.endCursor ?? null } }),
  );

  return (
    <Page title={t("vouchers.title")} narrow>
      <fieldset className={styles.states} data-screen-only>
        <legend className="sr-only">{t("vouchers.state")}</legend>
        {states.map((each) => (
          <label key={each}>
            <input
              type="radio"
              name="state"
              checked={each === state}
              onChange={() => setParams(each === "READY" ? {} : { state: each })}
            />
            {t(`vouchers.${each}`)}
          </label>
        ))}
      </fieldset>
      {!vouchers && !loading ? (
        <LoadFailure error={error} retry={refetch} />
      ) : vouchers?.totalCount === 0 ? (
        <Tile className={cartStyles.empty}>
          <p>{t(`vouchers.none.${state}`)}</p>
          {state === "READY" && <ButtonLink to="/rewards">{t("notFound.browse")}</ButtonLink>}
        </Tile>
      ) : (
        <ul className={styles.rows}>
          {vouchers?.edges.map(({ node }) => (
            <VoucherRow key={node.id} voucher={node} state={state} onMarked={() => void refetch()} />
          ))}
          {(!vouchers || isLoadingMore) && <Skeleton height="7rem" />}
        </ul>
      )}
      {vouchers?.pageInfo.hasNextPage && (
        <div className={styles.more}>
          <Button variant="quiet" busy={isLoadingMore} onClick={() => void more()}>
            {t("orders.more")}
          </Button>
        </div>
      )}
    </Page>
  );
}

type Revealed = RevealVoucherMutation["revealVoucher"]["vouchers"][number];

function VoucherRow(props: { voucher: VoucherPartsFragment; state: State; onMarked(): void }) {
  const { voucher, state, onMarked } = props;
  const i18n = useI18n();
  const { t, day } = i18n;
  const { orderLine: line } = voucher;
  const [reveal, revealing] = useMutation(RevealVoucherDocument, { fetchPolicy: "no-cache" });
  const [mark, marking] = useMutation(MarkVoucherDocument);
  const [code, setCode] = useState<Revealed | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  async function attempt(work: () => Promise<string | null>): Promise<void> {
    setProblem(null);
    try {
      setProblem(await work());
    } catch (error) {
      setProblem(failureText(i18n, error));
    }
  }
  const show = () =>
    attempt(async () => {
      const { data } = await reveal({ variables: { orderLineId: line.id } });
      const [refusal] = data?.revealVoucher.userErrors ?? [];
      if (refusal) return refusalText(i18n, refusal);
      setCode(data?.revealVoucher.vouchers.find(({ id }) => id === voucher.id) ?? null);
      return null;
    });
  const setUsed = (used: boolean) =>
    attempt(async () => {
      const { data } = await mark({ variables: { voucherId: voucher.id, used } });
      const [refusal] = data?.markVoucher.userErrors ?? [];
      if (refusal) return refusalText(i18n, refusal);
      onMarked();
      return null;
    });

  return (
    <li className={styles.voucher}>
      <Picture reward={line.reward} />
      <div>
        <h2>{line.name}</h2>
        <p className={styles.soft}>
          {voucher.validUntil ? t("voucher.until", { day: day(voucher.validUntil) }) : t("vouchers.noEnd")} ·{" "}
          <Link to={`/orders/${encodeURIComponent(line.order.id)}`}>{line.order.number}</Link>
        </p>
        {state !== "READY" && <Badge tone="plain">{t(`vouchers.${state}`)}</Badge>}
      </div>
      {code ? (
        <ErrorBoundary waiting={<Skeleton height="9rem" />}>
          <ShownCode voucher={code} name={line.name} />
        </ErrorBoundary>
      ) : (
        <p className={styles.masked}>
          <code dir="ltr">{voucher.maskedCode}</code>
        </p>
      )}
      {problem && <Notice tone="bad">{problem}</Notice>}
      <div className={styles.actions}>
        {!code && (
          <Button variant="quiet" busy={revealing.loading} onClick={() => void show()}>
            {t("voucher.show", { count: 1 })}
            <span className="sr-only">: {line.name}</span>
          </Button>
        )}
        {state !== "EXPIRED" && (
          <Button variant="plain" busy={marking.loading} onClick={() => void setUsed(state === "READY")}>
            {t(state === "READY" ? "vouchers.markUsed" : "vouchers.markUnused")}
            <span className="sr-only">: {line.name}</span>
          </Button>
        )}
      </div>
    </li>
  );
}
