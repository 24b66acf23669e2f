import { useApolloClient, useMutation, useQuery } from "@apollo/client/react";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import {
  CloseMonthDocument,
  MonthByNameDocument,
  type MonthFragment,
  SettlementOfDayDocument,
} from "../graphql/generated/graphql.ts";
import { download } from "../ui/csv.ts";
import { ActionForm, formResultOf, TextArea } from "../ui/form.tsx";
import { count, day, moment, points } from "../ui/format.ts";
import { Card, Fact, Facts, Failure, Page, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import { MissingRun } from "./missing-run.tsx";

/** The previous month, such as `2026-10`, which is the next month to close. */
const lastMonth = () => {
  const now = new Date();
  return new Date(Date.UTC(now.getFullYear(), now.getMonth() - 1, 1)).toISOString().slice(0, 7);
};
const thisMonth = () => new Date().toISOString().slice(0, 7);
const monthName = (month: string) =>
  new Date(`${month}-15T12:00:00`).toLocaleDateString(undefined, { month: "long", year: "numeric" });

/** The steps that lead to the sign-off of a month. */
export function MonthPage() {
  const [search, setSearch] = useSearchParams();
  const month = search.get("month") ?? lastMonth();
  const { data, error, loading, refetch } = useQuery(MonthByNameDocument, {
    variables: { month },
    fetchPolicy: "network-only",
  });
  const settlementMonth = data?.settlementMonth;
  return (
    <Page
      title={`Close ${monthName(month)}`}
      badge={
        settlementMonth && (
          <Badge tone={settlementMonth.closed ? "good" : "calm"}>{settlementMonth.closed ? "Closed" : "Open"}</Badge>
        )
      }
      actions={
        <span>
          <label htmlFor="month">Month </label>
          <input
            id="month"
            type="month"
            max={thisMonth()}
            value={month}
            onChange={({ target }) => target.value && setSearch({ month: target.value })}
          />
        </span>
      }
    >
      <Failure error={error} retry={refetch} />
      {!settlementMonth && loading && <Waiting />}
      {settlementMonth && <Steps month={settlementMonth} reload={refetch} />}
    </Page>
  );
}

function Steps({ month, reload }: { month: MonthFragment; reload(): unknown }) {
  const missing = month.days.filter(({ isReconciled }) => !isReconciled);
  const hasEnded = Date.parse(month.to) <= Date.now();
  return (
    <>
      {month.closed && (
        <Notice tone="good" title={`Closed by ${month.closed.closedBy} on ${moment(month.closed.closedAt)}.`}>
          <p>{month.closed.note}</p>
        </Notice>
      )}
      <Card title="1 · Every day is reconciled" aside={<Done done={missing.length === 0 && hasEnded} />}>
        {!hasEnded && (
          <p>{`The month ends on ${moment(month.to)}, in the time zone of the programme (${month.timeZone}).`}</p>
        )}
        {missing.length === 0 ? (
          <p>{`A finished run has covered all ${month.days.length} days so far.`}</p>
        ) : (
          <>
            <p>{`No finished run has covered ${missing.map((each) => day(each.day)).join(", ")}.`}</p>
            <MissingRun month={month} reload={reload} />
          </>
        )}
        {month.skipped.map((reason) => (
          <p key={reason} className={ui.soft}>{`Not compared by a run: ${reason}`}</p>
        ))}
      </Card>
      <Card title="2 · No breaks are open" aside={<Done done={month.openBreaks === 0} />}>
        {month.openBreaks === 0 ? (
          <p>All differences up to the end of the month were repaired, written off or explained.</p>
        ) : (
          <p>
            <Link to="/money/breaks">
              {month.openBreaks === 1 ? "1 break is open." : `${count(month.openBreaks)} breaks are open.`}
            </Link>{" "}
            Repair or write off each break.
          </p>
        )}
      </Card>
      <Card title="3 · The settlements balance" aside={<Done done={month.isBalanced} />}>
        <Facts>
          <Fact name="Deducted">{points(month.taken)}</Fact>
          <Fact name="Returned">{points(month.returned)}</Fact>
          <Fact name="Credited">{points(month.credited)}</Fact>
          <Fact name="Net">{count(month.taken - month.returned - month.credited)}</Fact>
        </Facts>
        <p className={ui.soft}>
          {month.isBalanced
            ? "The lines of all days add up to the separately computed total of the month."
            : "The lines of the days do not add up to the separately computed total of the month. Contact the engineers before you close the month."}
        </p>
        <Days month={month} />
      </Card>
      {!month.closed && (
        <Card title="4 · Sign off">
          {month.obstacles.length > 0 ? (
            <Notice tone="calm" title="The month cannot be closed yet.">
              {month.obstacles.map((obstacle) => (
                <p key={obstacle}>{obstacle}</p>
              ))}
            </Notice>
          ) : (
            <SignOffForm month={month} />
          )}
        </Card>
      )}
    </>
  );
}

const Done = ({ done }: { done: boolean }) => <Badge tone={done ? "good" : "calm"}>{done ? "Done" : "To do"}</Badge>;

function SignOffForm({ month }: { month: MonthFragment }) {
  const [close] = useMutation(CloseMonthDocument);
  const { taken, returned, credited } = month;
  return (
    <>
      <p>A closed month can no longer be changed. Later corrections belong to the month in which they are made.</p>
      <div className={ui.row}>
        <ActionForm
          title={`Close ${monthName(month.month)}`}
          submit="Sign off the month"
          variant="main"
          send={async (fields) => {
            const note = String(fields.get("note") ?? "");
            const input = { month: month.month, taken, returned, credited, note };
            const result = await close({ variables: { input }, refetchQueries: [MonthByNameDocument] });
            return formResultOf(result, result.data?.closeMonth);
          }}
        >
          <p>{`You sign off ${points(taken)} deducted, ${points(returned)} returned and ${points(credited)} credited.`}</p>
          <TextArea
            label="Note"
            name="note"
            required
            help="The records that were checked, and by whom. Stored in the audit log."
          />
        </ActionForm>
      </div>
    </>
  );
}

/** The days, each with its settlement as a file. */
function Days({ month }: { month: MonthFragment }) {
  const client = useApolloClient();
  const [failed, setFailed] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);

  async function settlementOf(each: string): Promise<string> {
    const { data, error } = await client.query({
      query: SettlementOfDayDocument,
      variables: { day: each },
      fetchPolicy: "no-cache",
    });
    if (!data?.settlement) throw new Error(error?.message ?? "The gateway did not answer.");
    return data.settlement.csv;
  }

  async function save(name: string, days: readonly string[]) {
    setFailed(null);
    setBusy(true);
    try {
      const files: string[] = [];
      for (const each of days) files.push(await settlementOf(each));
      download(name, "text/csv", joinFiles(files));
    } catch (error) {
      setFailed(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  }

  return (
    <>
      {failed && <Notice tone="bad" title={failed} />}
      <div className={ui.row}>
        <Button
          variant="quiet"
          busy={isBusy}
          disabled={month.days.length === 0}
          onClick={() =>
            void save(
              `settlement-${month.month}.csv`,
              month.days.map((each) => each.day),
            )
          }
        >
          Monthly settlement as CSV
        </Button>
      </div>
      <div className={ui.scroll}>
        <table className={ui.table}>
          <caption className="sr-only">Days of the month</caption>
          <thead>
            <tr>
              <th>Day</th>
              <th className={ui.number}>Deducted</th>
              <th className={ui.number}>Returned</th>
              <th className={ui.number}>Credited</th>
              <th>Reconciled</th>
              <th>Settlement</th>
            </tr>
          </thead>
          <tbody>
            {month.days.map((each) => (
              <tr key={each.day}>
                <td className={ui.nowrap}>{day(each.day)}</td>
                <td className={ui.number}>{count(each.taken)}</td>
                <td className={ui.number}>{count(each.returned)}</td>
                <td className={ui.number}>{count(each.credited)}</td>
                <td>{each.isReconciled ? "yes" : "no"}</td>
                <td>
                  <Button
                    variant="plain"
                    aria-label={`Settlement for ${day(each.day)} as CSV`}
                    onClick={() => void save(`settlement-${each.day}.csv`, [each.day])}
                  >
                    CSV
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** Joins files with the same header into a single file. */
function joinFiles(files: readonly string[]): string {
  const [first = "", ...others] = files;
  return first + others.map((file) => file.slice(file.indexOf("\r\n") + 2)).join("");
}
