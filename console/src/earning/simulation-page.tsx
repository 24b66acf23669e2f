import { useLazyQuery } from "@apollo/client/react";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { TryMessageDocument } from "../graphql/generated/graphql.ts";
import { TextArea } from "../ui/form.tsx";
import { Card, Failure, Page } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import { Outcomes, Problems } from "./outcomes.tsx";

const sample = JSON.stringify(
  {
    Action: "transactionpromo",
    Data: { id: 461, trxId: "T-1", transaction: [{ date: "2026-11-28T11:22:06", amount: 150_000 }] },
  },
  null,
  2,
);

/** Evaluates the rules for a message without accepting the message. */
export function SimulationPage() {
  const [simulate, { data, error, loading }] = useLazyQuery(TryMessageDocument, { fetchPolicy: "network-only" });
  const simulation = loading ? undefined : data?.simulateReward;
  return (
    <Page title="Test a message">
      <div className={ui.halves}>
        <Card title="The message">
          <form
            className={ui.form}
            onSubmit={(event) => {
              event.preventDefault();
              const payload = String(new FormData(event.currentTarget).get("payload") ?? "");
              void simulate({ variables: { payload } });
            }}
          >
            <TextArea
              label="JSON, as a producer sends it"
              name="payload"
              rows={16}
              spellCheck={false}
              className={ui.mono}
              defaultValue={sample}
              help="The test stores nothing. Tickets for a lucky draw are counted but not drawn."
            />
            <div className={ui.row}>
              <Button type="submit" busy={loading}>
                Test
              </Button>
            </div>
          </form>
        </Card>
        <Card title="Result if the message is sent now">
          {error && <Failure error={error} retry={() => {}} />}
          {!simulation && !error && <p className={ui.soft}>Press Test to see the result.</p>}
          {simulation && simulation.problems.length > 0 && (
            <>
              <Notice tone="bad" title="The message would be refused." />
              <Problems problems={simulation.problems} />
            </>
          )}
          {simulation && simulation.problems.length === 0 && (
            <>
              {simulation.replayed && (
                <Notice title="The message was accepted before. Sending it again would have no effect; the result shows its earnings." />
              )}
              <Outcomes outcomes={simulation.outcomes} />
            </>
          )}
        </Card>
      </div>
    </Page>
  );
}
