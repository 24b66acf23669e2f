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
export function TryPage() {
  const [tryMessage, { data, error, loading }] = useLazyQuery(TryMessageDocument, { fetchPolicy: "network-only" });
  const trial = loading ? undefined : data?.simulateReward;
  return (
    <Page title="Try a message">
      <div className={ui.halves}>
        <Card title="The message">
          <form
            className={ui.form}
            onSubmit={(event) => {
              event.preventDefault();
              const payload = String(new FormData(event.currentTarget).get("payload") ?? "");
              void tryMessage({ variables: { payload } });
            }}
          >
            <TextArea
              label="As a producer sends it, JSON"
              name="payload"
              rows={16}
              spellCheck={false}
              className={ui.mono}
              defaultValue={sample}
              help="Nothing is written. Tickets of a lucky draw are counted and not drawn."
            />
            <div className={ui.row}>
              <Button type="submit" busy={loading}>
                Try it
              </Button>
            </div>
          </form>
        </Card>
        <Card title="Result, if it were sent now">
          {error && <Failure error={error} retry={() => {}} />}
          {!trial && !error && <p className={ui.soft}>Press Try it.</p>}
          {trial && trial.problems.length > 0 && (
            <>
              <Notice tone="bad" title="It would be refused." />
              <Problems problems={trial.problems} />
            </>
          )}
          {trial && trial.problems.length === 0 && (
            <>
              {trial.replayed && (
                <Notice title="It was accepted before. Sending it again would change nothing; this is what it has earned." />
              )}
              <Outcomes outcomes={trial.outcomes} />
            </>
          )}
        </Card>
      </div>
    </Page>
  );
}
