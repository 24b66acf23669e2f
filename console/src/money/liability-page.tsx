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
      badge={liability && <small className={ui.soft}>{moment(liability.asOf)}</small>}
      actions={
        <Button
          variant="quiet"
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
              <Fact name="Pending credits">{points(liability.pending)}</Fact>
              <Fact name="of which lucky draw prizes">{points(liability.pendingPrizes)}</Fact>
            </Facts>
            <div className={ui.scroll}>
              <table className={ui.table}>
                <caption className="sr-only">Points by ledger</caption>
                <thead>
                  <tr>
                    <th>Ledger</th>
                    <th className={ui.number}>Credited</th>
                    <th className={ui.number}>Returned</th>
                    <th className={ui.number}>Deducted</th>
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
          <Notice title="The figure covers only the gateway's own records.">
            <p>
              Outstanding points are the points of credited awards and returns, minus the points deducted for orders.
              The figure does not include points that the provider credited through other channels or before the gateway
              was in use, nor points that expired at the provider. It is negative if customers have spent such points.
            </p>
          </Notice>
        </>
      )}
    </Page>
  );
}
