import { Link, useParams, useSearchParams } from "react-router";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { type BreakFragment, BreaksDocument, type ReconciliationBreakState } from "../graphql/generated/graphql.ts";
import { ExportButton } from "../ui/export-button.tsx";
import { age, count, moment, points, words } from "../ui/format.ts";
import { Card, Empty, Fact, Facts, Failure, Page, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import { usePages } from "../ui/use-pages.ts";
import { BreakActions } from "./break-actions.tsx";
import { classDescriptions, toneOfBreak } from "./break-texts.ts";

const states: ReconciliationBreakState[] = ["OPEN", "REPAIRING", "REPAIRED", "WRITTEN_OFF", "EXPLAINED"];
const openStates: ReconciliationBreakState[] = ["OPEN", "REPAIRING"];

/** Differences found by reconciliation runs. A break whose id is in the address comes first. */
export function BreaksPage() {
  const { id } = useParams();
  const [search] = useSearchParams();
  const state = states.find((known) => known === search.get("state"));
  const filter = { states: state ? [state] : openStates };
  const pages = usePages(BreaksDocument, { filter }, ({ reconciliationBreaks }) => reconciliationBreaks);
  const { data, rows, error, loading } = pages;
  const breaks = data?.reconciliationBreaks;
  const sorted = rows.toSorted((a, b) => Number(b.id === id) - Number(a.id === id));
  return (
    <Page
      title="Breaks"
      badge={breaks && <small className={ui.soft}>{count(breaks.totalCount)}</small>}
      actions={
        <ExportButton
          name="breaks.csv"
          header={exportedColumns}
          toCells={exportedCells}
          disabled={rows.length === 0}
          read={pages.read}
        />
      }
    >
      <nav className={ui.views} aria-label="States">
        <Link to="/money/breaks" aria-current={state ? undefined : "page"}>
          Open
        </Link>
        {states.slice(2).map((each) => (
          <Link key={each} to={`/money/breaks?state=${each}`} aria-current={each === state ? "page" : undefined}>
            {words(each)}
          </Link>
        ))}
      </nav>
      <Failure error={error} retry={pages.reload} />
      {!data && loading && <Waiting />}
      {breaks && rows.length === 0 && (
        <Card label="Breaks">
          <Empty>
            {state ? "No breaks in this state." : "No differences. Our records and those of the other systems agree."}
          </Empty>
        </Card>
      )}
      {sorted.map((each) => (
        <BreakCard key={each.id} reconciliationBreak={each} />
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

function BreakCard({ reconciliationBreak }: { reconciliationBreak: BreakFragment }) {
  const evidence = Object.entries(JSON.parse(reconciliationBreak.evidence) as Record<string, unknown>);
  const isOpen = openStates.includes(reconciliationBreak.state);
  return (
    <Card>
      <header className={ui.row}>
        <h2>{words(reconciliationBreak.class)}</h2>
        <Badge tone={toneOfBreak(reconciliationBreak.state)}>{words(reconciliationBreak.state)}</Badge>
        <span className={`${ui.soft} ${ui.small}`}>{age(reconciliationBreak.ageSeconds)}</span>
      </header>
      <p>{classDescriptions[reconciliationBreak.class]}</p>
      <Facts>
        {reconciliationBreak.orderNumber && (
          <Fact name="Order">
            <Link to={`/orders/${reconciliationBreak.orderNumber}`}>{reconciliationBreak.orderNumber}</Link>
          </Fact>
        )}
        {reconciliationBreak.customerId && (
          <Fact name="Customer">
            <Link to={`/customers/${encodeURIComponent(reconciliationBreak.customerId)}`}>
              {reconciliationBreak.customerId}
            </Link>
          </Fact>
        )}
        {reconciliationBreak.pointsOwed != null && (
          <Fact name="Owed to the customer">{points(reconciliationBreak.pointsOwed)}</Fact>
        )}
        {reconciliationBreak.pointsOver != null && (
          <Fact name="Overpaid to the customer">{points(reconciliationBreak.pointsOver)}</Fact>
        )}
        <Fact name="Since">{moment(reconciliationBreak.since)}</Fact>
        {reconciliationBreak.resolvedAt && (
          <Fact name="Resolved">{`${reconciliationBreak.resolvedBy ?? "by a later run"}, ${moment(reconciliationBreak.resolvedAt)}`}</Fact>
        )}
        {reconciliationBreak.note && <Fact name="Note">{reconciliationBreak.note}</Fact>}
      </Facts>
      <div className={ui.scroll}>
        <table className={ui.table}>
          <caption className="sr-only">Evidence</caption>
          <tbody>
            {evidence.map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{words(name)}</th>
                <td className={ui.mono}>{typeof value === "string" ? value : JSON.stringify(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {reconciliationBreak.lastError && <p>{`The last repair failed: ${reconciliationBreak.lastError}`}</p>}
      {isOpen && <BreakActions reconciliationBreak={reconciliationBreak} />}
    </Card>
  );
}

const exportedColumns = "class state since customer_id order_number points_owed points_over evidence note".split(" ");

const exportedCells = (each: BreakFragment) => [
  [
    ...[each.class, each.state, each.since, each.customerId ?? "", each.orderNumber ?? ""],
    ...[each.pointsOwed ?? "", each.pointsOver ?? "", each.evidence, each.note ?? ""],
  ],
];
