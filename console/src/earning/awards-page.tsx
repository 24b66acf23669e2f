import type { FormEvent } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { type AwardState, AwardsDocument, type AwardWaitingFragment } from "../graphql/generated/graphql.ts";
import { useOperator } from "../session/use-operator.ts";
import { ExportButton } from "../ui/export-button.tsx";
import { ageSince, moment, points, total } from "../ui/format.ts";
import { Card, Empty, Fact, Facts, Failure, Page, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import { usePages } from "../ui/use-pages.ts";
import { ledgerNames, ResolveAward } from "./resolve-award.tsx";

const views: { state: AwardState; name: string; empty: string; about: string }[] = [
  {
    state: "NEEDS_ATTENTION",
    name: "Need attention",
    empty: "No award waits for you. An award appears here when its outcome stays unknown for hours.",
    about:
      "The ledger has not said whether it credited them. Look each up under its reference, and record what it shows.",
  },
  {
    state: "UNCERTAIN",
    name: "Being confirmed",
    empty: "No credit is being confirmed.",
    about:
      "They were sent, and the answer was lost. They are looked up and sent again under the same reference by themselves.",
  },
  {
    state: "REFUSED",
    name: "Refused",
    empty: "The ledger has refused no award.",
    about: "The ledger refused them, so the points are not in the wallet. Send one again once the reason is gone.",
  },
];

/** Awards of points that are not credited. An award whose id is in the address comes first. */
export function AwardsPage() {
  const { id } = useParams();
  const { may } = useOperator();
  const [search, setSearch] = useSearchParams();
  const [first] = views;
  const view = views.find(({ state }) => state === search.get("state")) ?? (first as (typeof views)[number]);
  const customerId = search.get("customer") || null;
  const pages = usePages(AwardsDocument, { state: view.state, customerId }, ({ awardsToResolve }) => awardsToResolve);
  const { data, rows, error, loading } = pages;
  const sorted = rows.toSorted((a, b) => Number(b.award.id === id) - Number(a.award.id === id));

  const to = (state: AwardState) => {
    const next = new URLSearchParams(search);
    next.set("state", state);
    return `/earning/awards?${next}`;
  };
  function filter(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const next = new URLSearchParams(search);
    const customer = String(new FormData(event.currentTarget).get("customer") ?? "").trim();
    if (customer) next.set("customer", customer);
    else next.delete("customer");
    setSearch(next);
  }

  return (
    <Page
      title="Awards"
      badge={data && <small className={ui.soft}>{total(data.awardsToResolve.totalCount)}</small>}
      actions={
        <ExportButton
          name="awards.csv"
          header={exportedColumns}
          toCells={exportedCells}
          disabled={rows.length === 0}
          read={pages.read}
        />
      }
    >
      <nav className={ui.views} aria-label="States">
        {views.map(({ state, name }) => (
          <Link key={state} to={to(state)} aria-current={state === view.state ? "page" : undefined}>
            {name}
          </Link>
        ))}
      </nav>
      <Card label="Filter">
        <p className={ui.soft}>{view.about}</p>
        <form className={ui.filters} onSubmit={filter} key={search.toString()}>
          <div>
            <label htmlFor="customer">Customer</label>
            <input id="customer" name="customer" defaultValue={customerId ?? ""} />
          </div>
          <div className={ui.row}>
            <Button type="submit" variant="quiet">
              Filter
            </Button>
            {customerId && <Link to={`/earning/awards?state=${view.state}`}>Clear</Link>}
          </div>
        </form>
      </Card>
      <Failure error={error} retry={pages.reload} />
      {!data && loading && <Waiting />}
      {data && rows.length === 0 && (
        <Card label="Awards">
          <Empty>{customerId ? "No award of this customer is in this view. Clear the filter." : view.empty}</Empty>
        </Card>
      )}
      {sorted.map((found) => (
        <AwardCard key={found.award.id} found={found} mayResolve={may("SUPPORT")} mayOpen={may("ORDERS", "SUPPORT")} />
      ))}
      {pages.hasMore && (
        <div className={ui.row}>
          <Button variant="quiet" onClick={() => void pages.readMore()}>
            Show more
          </Button>
        </div>
      )}
    </Page>
  );
}

function AwardCard(props: { found: AwardWaitingFragment; mayResolve: boolean; mayOpen: boolean }) {
  const { found, mayResolve, mayOpen } = props;
  const { award, customerId, ledger, creditReference, attempts, lastError, sentAt } = found;
  return (
    <Card label={`${award.name}, ${points(award.quantity)}`}>
      <header className={ui.row}>
        <h2>{`${award.name}, ${points(award.quantity)}`}</h2>
        <Badge tone={award.state === "NEEDS_ATTENTION" ? "bad" : "calm"}>
          {views.find(({ state }) => state === award.state)?.name}
        </Badge>
        <span className={`${ui.soft} ${ui.small}`}>{ageSince(award.createdAt)}</span>
      </header>
      <Facts>
        <Fact name="Customer">
          {customerId && mayOpen ? (
            <Link to={`/customers/${encodeURIComponent(customerId)}`}>{customerId}</Link>
          ) : (
            (customerId ?? "not known yet")
          )}
        </Fact>
        <Fact name="Ledger">{ledger ? ledgerNames[ledger] : "not sent"}</Fact>
        {creditReference && (
          <Fact name="Reference">
            <span className={ui.mono}>{creditReference}</span>
          </Fact>
        )}
        <Fact name="Attempts">{attempts}</Fact>
        {sentAt && <Fact name="Sent last">{moment(sentAt)}</Fact>}
        <Fact name="Earned">{moment(award.createdAt)}</Fact>
        {lastError && <Fact name="Last answer or note">{lastError}</Fact>}
      </Facts>
      <details>
        <summary>How it was worked out</summary>
        {award.explanation.map((step) => (
          <p key={step}>{step}</p>
        ))}
      </details>
      {mayResolve && award.state !== "UNCERTAIN" && (
        <div className={ui.row}>
          <ResolveAward found={found} />
        </div>
      )}
    </Card>
  );
}

const exportedColumns =
  "award_id name points state customer_id ledger reference attempts sent_at earned_at last_answer".split(" ");

const exportedCells = ({ award, ...found }: AwardWaitingFragment) => [
  [
    ...[award.id, award.name, award.quantity, award.state, found.customerId ?? "", found.ledger ?? ""],
    ...[found.creditReference ?? "", found.attempts, found.sentAt ?? "", award.createdAt, found.lastError ?? ""],
  ],
];
