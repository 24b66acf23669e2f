import { useQuery } from "@apollo/client/react";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { LiabilityNowDocument } from "../graphql/generated/graphql.ts";
import { downloadCsv } from "../ui/csv.ts";
import { count, moment, points } from "../ui/format.ts";
import { Card, Fact, Facts, Failure, Page, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";

const ledgerNames = { CLIENT: "Points provider", CAPILLARY: "Capillary" };

/** The unspent points that customers received from this gateway, with the parts of the sum. */
export function LiabilityPage() {
  const { data, error, loading, refetch } = useQuery(LiabilityNowDocument, { fetchPolicy: "network-only" });
  const liability = data?.liability;
  return (
    <Page
      title="Liability"
      mark={liability && <small className={ui.soft}>{moment(liability.asOf)}</small>}
      actions={
        <Button
          look="quiet"
          disabled={!liability}
          onClick={() =>
            liability &&
            downloadCsv(
              "liability.csv",
              ["as_of", "ledger", "credited", "returned", "taken", "outstanding"],
              liability.ledgers.map((each) => [
                liability.asOf,
                each.ledger,
                each.credited,
                each.returned,
                each.taken,
                each.outstanding,
              ]),
            )
          }
        >
          Export as CSV
        </Button>
      }
    >
      <Failure error={error} retry={refetch} />
      {!liability && loading && <Waiting />}
      {liability && (
        <>
          <Card title="Points outstanding">
            <Facts>
              <Fact name="Outstanding">
                <strong>{points(liability.outstanding)}</strong>
              </Fact>
              <Fact name="Promised, and not credited yet">{points(liability.pending)}</Fact>
              <Fact name="Wins in lucky draws among them">{points(liability.pendingPrizes)}</Fact>
            </Facts>
            <div className={ui.scroll}>
              <table className={ui.table}>
                <caption className="sr-only">Points by ledger</caption>
                <thead>
                  <tr>
                    <th>Kept by</th>
                    <th className={ui.number}>Credited</th>
                    <th className={ui.number}>Returned</th>
                    <th className={ui.number}>Taken</th>
                    <th className={ui.number}>Outstanding</th>
                  </tr>
                </thead>
                <tbody>
                  {liability.ledgers.map((each) => (
                    <tr key={each.ledger}>
                      <td>{ledgerNames[each.ledger]}</td>
                      <td className={ui.number}>{count(each.credited)}</td>
                      <td className={ui.number}>{count(each.returned)}</td>
                      <td className={ui.number}>{count(each.taken)}</td>
                      <td className={ui.number}>{count(each.outstanding)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </Card>
          <Notice title="This is the part that the gateway knows.">
            <p>
              Outstanding is the points of credited awards and of returns, less the points that were taken for orders.
              Points that the provider gave through other channels, points that were there before, and points that
              expired at the provider are not in the figure. It is below zero where customers have spent such points.
            </p>
          </Notice>
        </>
      )}
    </Page>
  );
}
