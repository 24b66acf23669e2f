import { useQuery } from "@apollo/client/react";
import { lazy, useEffect, useMemo, useRef, useState } from "react";
import { useSearchParams } from "react-router";
import { CatalogueDocument } from "../graphql/generated/graphql.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { useSession } from "../session/use-session.ts";
import { ErrorBoundary } from "../shell/error-boundary.tsx";
import { LoadFailure } from "../shell/load-failure.tsx";
import { Page } from "../shell/page.tsx";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { Tile } from "../ui/tile.tsx";
import { useLoadMore } from "../ui/use-more.ts";
import { Filters } from "./filters.tsx";
import { RewardCard, RewardCardSkeleton } from "./reward-card.tsx";
import styles from "./rewards.module.css";
import { filterCount, filterOf, readSearch, type Search, sortOf, walletOf, writeSearch } from "./search.ts";
import { useStandings } from "./use-standings.ts";

const PAGE_SIZE = 24;
const SKELETONS = ["a", "b", "c", "d", "e", "f", "g", "h"];
const TYPING_MS = 250;

export default function CataloguePage() {
  const { t } = useI18n();
  const [params, setParams] = useSearchParams();
  const search = readSearch(params);
  // The back button undoes each filter separately, but a search text as a whole.
  const change = (part: Partial<Search>) =>
    setParams(writeSearch({ ...search, ...part }), { replace: part.text !== undefined && search.text !== "" });

  return (
    <Page title={t("rewards.title")}>
      <SearchAndFilters search={search} onChange={change} />
      <Results search={search} onReset={() => setParams(new URLSearchParams())} />
    </Page>
  );
}

const FilterSheet = lazy(() => import("./filter-sheet.tsx"));

/** The search field and the filters. On a phone a button opens the filters as a sheet. */
function SearchAndFilters({ search, onChange }: { search: Search; onChange(part: Partial<Search>): void }) {
  const { t } = useI18n();
  const [text, setText] = useSearchText(search.text, (next) => onChange({ text: next }));
  const [isOpen, setOpen] = useState(false);
  const count = filterCount(search);

  return (
    <Tile className={styles.tools} role="search">
      <div className={styles.search}>
        <TextField
          type="search"
          label={t("rewards.search")}
          placeholder={t("rewards.searchHint")}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Icon name="search" size={20} />
      </div>
      <Button variant="quiet" className={styles.opener} aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <Icon name="filter" size={20} />
        <span>{t("rewards.filters")}</span>
        {count > 0 && (
          <span className={styles.filterCount}>
            <span aria-hidden="true">{count}</span>
            <span className="sr-only">{t("rewards.filtersOn", { count })}</span>
          </span>
        )}
      </Button>
      <div className={styles.inline}>
        <Filters search={search} onChange={onChange} />
      </div>
      {isOpen && (
        <ErrorBoundary>
          <FilterSheet onClose={() => setOpen(false)}>
            <Filters search={search} onChange={onChange} />
          </FilterSheet>
        </ErrorBoundary>
      )}
    </Tile>
  );
}

/**
 * Manages the text in the search field. A pause in typing starts the search. A text from another source (*Show
 * everything*, the back button) replaces the field's text.
 */
function useSearchText(searchText: string, onSearch: (text: string) => void): [string, (text: string) => void] {
  const [text, setText] = useState(searchText);
  const sent = useRef(searchText);
  const latest = useRef(onSearch);
  latest.current = onSearch;
  useEffect(() => {
    if (searchText === sent.current) return;
    sent.current = searchText;
    setText(searchText);
  }, [searchText]);
  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = text;
      latest.current(text);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return [text, setText];
}

function Results({ search, onReset }: { search: Search; onReset(): void }) {
  const { t } = useI18n();
  const isSignedIn = useSession().kind === "signed-in";
  const { data, previousData, error, loading, fetchMore, refetch } = useQuery(CatalogueDocument, {
    variables: { first: PAGE_SIZE, filter: filterOf(search, isSignedIn), sort: sortOf(search) },
    fetchPolicy: "cache-and-network",
    nextFetchPolicy: "cache-first",
  });
  const shown = data?.rewards ?? previousData?.rewards;
  const edges = shown?.edges ?? [];
  const cursor = data?.rewards.pageInfo.hasNextPage ? data.rewards.pageInfo.endCursor : null;

  const { isLoadingMore, loadMore: more } = useLoadMore(() => fetchMore({ variables: { after: cursor } }));

  if (!shown && error) {
    return <LoadFailure error={error} retry={refetch} />;
  }
  const pages = Array.from({ length: Math.ceil(edges.length / PAGE_SIZE) }, (_, page) =>
    edges.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE),
  );
  return (
    <section aria-busy={loading && !data}>
      <div className={styles.count} role="status">
        <h2> {shown ? t("rewards.count", { count: shown.totalCount }) : t("rewards.looking")}</h2>
      </div>
      {shown?.totalCount === 0 ? (
        <Tile className={styles.none}>
          <h3>{t("rewards.none")}</h3>
          <p>{t("rewards.noneText")}</p>
          <Button variant="quiet" onClick={onReset}>
            {t("rewards.reset")}
          </Button>
        </Tile>
      ) : (
        <div className={styles.grid}>
          {pages.map((page, index) => (
            <RewardsPage key={page[0]?.cursor} edges={page} group={search.group} isFirst={index === 0} />
          ))}
          {(!shown || isLoadingMore) && SKELETONS.map((key) => <RewardCardSkeleton key={key} />)}
        </div>
      )}
      {cursor && <LoadMore isBusy={isLoadingMore} onMore={() => void more()} />}
    </section>
  );
}

type Edges = readonly { cursor: string; node: Parameters<typeof RewardCard>[0]["reward"] }[];

function RewardsPage({ edges, group, isFirst }: { edges: Edges; group: string; isFirst: boolean }) {
  const ids = useMemo(() => edges.map(({ node }) => node.id), [edges]);
  const standingOf = useStandings(ids, walletOf(group));
  return edges.map(({ node }, index) => (
    <RewardCard key={node.id} reward={node} standing={standingOf(node.id)} priority={isFirst && index < 4} />
  ));
}

/** Loads the next page before the reader reaches the end. The button serves keyboards and retries. */
function LoadMore({ isBusy, onMore }: { isBusy: boolean; onMore(): void }) {
  const { t } = useI18n();
  const sentinel = useRef<HTMLDivElement>(null);
  const latest = useRef(onMore);
  latest.current = onMore;
  useEffect(() => {
    if (!sentinel.current || isBusy) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) latest.current();
      },
      { rootMargin: "600px" },
    );
    observer.observe(sentinel.current);
    return () => observer.disconnect();
  }, [isBusy]);
  return (
    <div className={styles.more} ref={sentinel}>
      <Button variant="quiet" busy={isBusy} onClick={onMore}>
        {t("rewards.more")}
      </Button>
    </div>
  );
}
