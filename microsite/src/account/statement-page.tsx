import { useApolloClient, useQuery } from "@apollo/client/react";
import { useState } from "react";
import { Link } from "react-router";
import cartStyles from "../cart/cart.module.css";
import { failureText } from "../graphql/failure-text.ts";
import { StatementDocument, type StatementQuery } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { LoadFailure } from "../shell/load-failure.tsx";
import { Page } from "../shell/page.tsx";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Tile } from "../ui/tile.tsx";
import { useLoadMore } from "../ui/use-more.ts";
import styles from "./account.module.css";
import { SavingGoal } from "./saving-goal.tsx";
import { type Entry, statementCsv } from "./statement-csv.ts";

const PAGE_SIZE = 20;
/** Maximum page size of the API. */
const MAX_PAGE_SIZE = 100;

const entriesOf = (data: StatementQuery | undefined) => data?.me?.wallet?.entries;

/** Lists every known change of the member's own points and exports the list as CSV. */
export default function StatementPage() {
  const i18n = useI18n();
  const { t, dateTime, number } = i18n;
  const client = useApolloClient();
  const { data, error, loading, fetchMore, refetch } = useQuery(StatementDocument, {
    variables: { first: PAGE_SIZE },
    fetchPolicy: "cache-and-network",
    nextFetchPolicy: "cache-first",
  });
  const entries = entriesOf(data);
  const { isLoadingMore, loadMore: more } = useLoadMore(() =>
    fetchMore({ variables: { after: entries?.pageInfo.endCursor ?? null } }),
  );
  const [isSaving, setSaving] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  async function save(): Promise<void> {
    setSaving(true);
    setProblem(null);
    try {
      const all: Entry[] = [];
      for (let after: string | null = null, isLast = false; !isLast; ) {
        const page: ReturnType<typeof entriesOf> = entriesOf(
          (
            await client.query({
              query: StatementDocument,
              variables: { first: MAX_PAGE_SIZE, after },
              fetchPolicy: "no-cache",
            })
          ).data,
        );
        if (!page) throw new Error("the statement could not be read");
        all.push(...page.edges.map(({ node }) => node));
        after = page.pageInfo.endCursor;
        isLast = !page.pageInfo.hasNextPage;
      }
      download("points.csv", statementCsv(all));
    } catch (failure) {
      setProblem(failureText(i18n, failure));
    } finally {
      setSaving(false);
    }
  }

  return (
    <Page
      title={t("statement.title")}
      narrow
      aside={
        (entries?.totalCount ?? 0) > 0 && (
          <Button variant="quiet" busy={isSaving} onClick={() => void save()}>
            {t("statement.csv")}
          </Button>
        )
      }
    >
      {problem && <Notice tone="bad">{problem}</Notice>}
      <SavingGoal goal={data?.me?.savingGoal} />
      <Expiring expiries={data?.me?.wallet?.expiring} />
      {!entries && !loading ? (
        <LoadFailure error={error} retry={refetch} />
      ) : entries?.totalCount === 0 ? (
        <Tile className={cartStyles.empty}>
          <p>{t("statement.none")}</p>
        </Tile>
      ) : (
        <Tile>
          <ul>
            {entries?.edges.map(({ node: { id, kind, points, at, order, award } }) => (
              <li key={id} className={styles.entry} data-kind={kind}>
                <span>
                  {award ? award.rule : t(`statement.${kind}`)}
                  {order && (
                    <>
                      {" "}
                      <Link to={`/orders/${encodeURIComponent(order.id)}`}>{order.number}</Link>
                    </>
                  )}
                </span>
                <strong>
                  {kind === "SPENT" ? "−" : "+"}
                  {number(points)}
                </strong>
                <p className={styles.soft}>
                  <time dateTime={at}>{dateTime(at)}</time>
                </p>
              </li>
            ))}
          </ul>
          {!entries && <Skeleton height="14rem" />}
        </Tile>
      )}
      {entries?.pageInfo.hasNextPage && (
        <div className={styles.more}>
          <Button variant="quiet" busy={isLoadingMore} onClick={() => void more()}>
            {t("orders.more")}
          </Button>
        </div>
      )}
    </Page>
  );
}

/** Lists the dates on which points expire. Renders nothing if the points provider sends no dates. */
function Expiring({ expiries }: { expiries: readonly { points: number; date: string }[] | null | undefined }) {
  const { t, day } = useI18n();
  if (!expiries) return null;
  return (
    <Tile aria-labelledby="expiring">
      <h2 id="expiring">{t("expiring.title")}</h2>
      {expiries.length === 0 ? (
        <p>{t("expiring.none")}</p>
      ) : (
        <ul>
          {expiries.map(({ points, date }) => (
            <li key={date}>{t("expiring.next", { points, day: day(date) })}</li>
          ))}
        </ul>
      )}
    </Tile>
  );
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
