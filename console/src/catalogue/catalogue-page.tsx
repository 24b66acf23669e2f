import { useApolloClient, useMutation } from "@apollo/client/react";
import type { FormEvent } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { Button, ButtonLink } from "../../../microsite/src/ui/button.tsx";
import {
  AllRewardsDocument,
  CreateRewardDocument,
  type CreateRewardInput,
  type RewardState,
  type RewardStateFragment,
  RewardsDocument,
} from "../graphql/generated/graphql.ts";
import { useOperator } from "../session/use-operator.ts";
import { ExportButton } from "../ui/export-button.tsx";
import { ActionForm, formResultOf } from "../ui/form.tsx";
import { count, day, total, words } from "../ui/format.ts";
import { Card, Empty, Failure, Page, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import { usePages } from "../ui/use-pages.ts";
import { VirtualTable } from "../ui/virtual-table.tsx";
import { ImportRewards } from "./import-rewards.tsx";
import { fieldsOf, RewardFields, toneOfState } from "./reward-fields.tsx";

const states: RewardState[] = ["ON_OFFER", "SOLD_OUT", "SCHEDULED", "DRAFT", "ENDED", "ARCHIVED"];

export default function CataloguePage() {
  const [search, setSearch] = useSearchParams();
  const { may } = useOperator();
  const navigate = useNavigate();
  const [create] = useMutation(CreateRewardDocument);
  const state = states.find((known) => known === search.get("state"));
  const text = search.get("q") ?? "";
  const filter = {
    states: state ? [state] : states.filter((each) => each !== "ARCHIVED"),
    ...(text && { search: text }),
  };
  const pages = usePages(RewardsDocument, { filter }, (data) => data.rewards);
  const { data, rows, error, loading } = pages;
  const rewards = data?.rewards;
  const client = useApolloClient();
  const isBulk = search.get("bulk") !== null;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const next = new URLSearchParams(search);
    next.set("q", String(new FormData(event.currentTarget).get("q") ?? ""));
    setSearch(next);
  }
  const to = (state: RewardState | null) => {
    const next = new URLSearchParams(search);
    if (state) next.set("state", state);
    else next.delete("state");
    return `/catalogue?${next}`;
  };

  return (
    <Page
      title="Catalogue"
      badge={rewards && <small className={ui.soft}>{total(rewards.totalCount)}</small>}
      actions={
        <span className={ui.row}>
          <ExportButton
            name="rewards.csv"
            header={exportedColumns}
            toCells={exportedCells}
            disabled={rows.length === 0}
            read={async (after) => {
              const variables = { filter, after };
              const result = await client.query({ query: AllRewardsDocument, variables, fetchPolicy: "no-cache" });
              if (!result.data) throw new Error(result.error?.message ?? "The gateway did not answer.");
              return result.data.rewards;
            }}
          />
          {may("CATALOGUE") && (
            <ButtonLink variant="quiet" to={isBulk ? "/catalogue" : "/catalogue?bulk"}>
              {isBulk ? "Close the import" : "Import changes"}
            </ButtonLink>
          )}
          {may("CATALOGUE") && (
            <ActionForm
              title="New reward"
              submit="Create the reward"
              variant="main"
              send={async (fields) => {
                const input = fieldsOf(fields, { isNew: true }) as unknown as CreateRewardInput;
                const result = await create({ variables: { input } });
                const payload = result.data?.createReward;
                if (payload?.reward) void navigate(`/catalogue/${encodeURIComponent(payload.reward.sku)}`);
                return formResultOf(result, payload);
              }}
            >
              <RewardFields />
            </ActionForm>
          )}
        </span>
      }
    >
      {isBulk && may("CATALOGUE") && <ImportRewards />}
      <nav className={ui.views} aria-label="States">
        <Link to={to(null)} aria-current={state ? undefined : "page"}>
          All except archived
        </Link>
        {states.map((each) => (
          <Link key={each} to={to(each)} aria-current={each === state ? "page" : undefined}>
            {words(each)}
          </Link>
        ))}
      </nav>
      <Card label="List of rewards">
        <form className={ui.filters} onSubmit={submit} key={text}>
          <div>
            <label htmlFor="q">Name, brand or category</label>
            <input id="q" name="q" type="search" defaultValue={text} />
          </div>
          <div className={ui.row}>
            <Button type="submit" variant="quiet">
              Search
            </Button>
          </div>
        </form>
        <Failure error={error} retry={pages.reload} />
        {!data && loading && <Waiting />}
        {rewards && rows.length === 0 && (
          <Empty>No reward matches. Choose another state, or search for other words.</Empty>
        )}
        {rows.length > 0 && (
          <VirtualTable
            label="Rewards"
            rows={rows}
            rowKey={({ id }) => id}
            onOpen={({ sku }) => void navigate(`/catalogue/${encodeURIComponent(sku)}`)}
            hasMore={pages.hasMore}
            onMore={pages.readMore}
            columns={[
              {
                name: "Name",
                width: "minmax(11rem, 2fr)",
                show: ({ sku, name }) => <Link to={`/catalogue/${encodeURIComponent(sku)}`}>{name}</Link>,
              },
              { name: "SKU", width: "minmax(8rem, 1fr)", show: ({ sku }) => <span className={ui.mono}>{sku}</span> },
              { name: "Kind", width: "8rem", show: ({ kind }) => words(kind) },
              { name: "Category", width: "7rem", show: ({ category }) => category },
              { name: "Points", width: "5rem", number: true, show: ({ points }) => count(points) },
              {
                name: "Stock",
                width: "5rem",
                number: true,
                show: ({ stock }) => (stock == null ? "no limit" : count(stock)),
              },
              { name: "Until", width: "7rem", show: ({ validUntil }) => day(validUntil) },
              {
                name: "State",
                width: "7.5rem",
                show: (reward) => <Badge tone={toneOfState(reward.state)}>{words(reward.state)}</Badge>,
              },
            ]}
          />
        )}
      </Card>
    </Page>
  );
}

/** The columns of the export: those that *Import changes* accepts, and two that it ignores. */
const exportedColumns = [
  ...["sku", "kind", "name", "description", "points", "brand", "category", "imageUrl", "terms", "howToUse"],
  ...["validFrom", "validUntil", "limitPerCustomer", "active", "stock", "source", "state"],
];

const exportedCells = (reward: RewardStateFragment) => [
  [
    ...[reward.sku, reward.kind, reward.name, reward.description, reward.points, reward.brand, reward.category],
    ...[reward.imageUrl, reward.terms ?? "", reward.howToUse ?? "", reward.validFrom ?? "", reward.validUntil ?? ""],
    ...[reward.limitPerCustomer ?? "", reward.state === "DRAFT" ? "no" : "yes", reward.stock ?? ""],
    ...[reward.source, reward.state],
  ],
];
