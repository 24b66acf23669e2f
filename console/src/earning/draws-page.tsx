import { useMutation, useQuery } from "@apollo/client/react";
import { useState } from "react";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { SelectField, TextField } from "../../../microsite/src/ui/field.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import type { DrawVerdict } from "../../../src/draws/verify-draw.ts";
import { CloseDrawDocument, type DrawFragment, DrawsDocument, OpenDrawDocument } from "../graphql/generated/graphql.ts";
import { useOperator } from "../session/use-operator.ts";
import { downloadCsv } from "../ui/csv.ts";
import { ActionForm, formResultOf } from "../ui/form.tsx";
import { ageSince, count, moment, points, words } from "../ui/format.ts";
import { Card, Empty, Fact, Facts, Failure, Page, Waiting } from "../ui/page.tsx";
import { NumberField, Rows } from "../ui/rows.tsx";
import ui from "../ui/ui.module.css";

const PPM = 1_000_000;
const percent = (oddsPpm: number) => `${count((oddsPpm / PPM) * 100)} %`;

export function DrawsPage() {
  const { may } = useOperator();
  const { data, error, loading, refetch } = useQuery(DrawsDocument);
  const draws = data?.luckyDraws;
  return (
    <Page
      title="Lucky draws"
      badge={draws && <small className={ui.soft}>{count(draws.length)}</small>}
      actions={
        <span className={ui.row}>
          <Button variant="quiet" disabled={!draws?.length} onClick={() => draws && exportDraws(draws)}>
            Export as CSV
          </Button>
          {may("REWARDS") && <OpenDraw />}
        </span>
      }
    >
      <Failure error={error} retry={refetch} />
      {!data && loading && <Waiting />}
      {draws?.length === 0 && (
        <Card label="Draws">
          <Empty>No draw has been announced. Open a draw, then create a rule that awards tickets for it.</Empty>
        </Card>
      )}
      {draws?.map((draw) => (
        <DrawCard key={draw.id} draw={draw} />
      ))}
    </Page>
  );
}

function DrawCard({ draw }: { draw: DrawFragment }) {
  const { may } = useOperator();
  const [close] = useMutation(CloseDrawDocument);
  const owed = draw.prizesOwed ?? [];
  return (
    <Card label={`${draw.name}, ${draw.id}`}>
      <header className={ui.row}>
        <h2>{draw.name}</h2>
        <Badge tone={draw.closedAt ? "plain" : "good"}>{draw.closedAt ? "Closed" : "Open"}</Badge>
        {may("REWARDS") && !draw.closedAt && (
          <ActionForm
            title="Close the draw"
            submit="Close the draw permanently"
            variant="danger"
            send={async () => {
              const result = await close({ variables: { input: { drawId: draw.id } } });
              return formResultOf(result, result.data?.closeLuckyDraw);
            }}
          >
            <p>No more tickets are issued. The seed is published, and anyone can recompute every result.</p>
          </ActionForm>
        )}
      </header>
      <Facts>
        <Fact name="Id">
          <span className={ui.mono}>{draw.id}</span>
        </Fact>
        <Fact name="Tickets">{count(draw.tickets)}</Fact>
        <Fact name="Opened">{moment(draw.openedAt)}</Fact>
        <Fact name="Closed">{moment(draw.closedAt)}</Fact>
      </Facts>
      <div className={ui.scroll}>
        <table className={ui.table}>
          <caption className="sr-only">{`Prizes of ${draw.id}`}</caption>
          <thead>
            <tr>
              <th>Prize</th>
              <th>Value</th>
              <th className={ui.number}>Chance per ticket</th>
              <th className={ui.number}>Left</th>
            </tr>
          </thead>
          <tbody>
            {draw.prizes.map((prize) => (
              <tr key={prize.id}>
                <td>{prize.name}</td>
                <td>{prize.sku ?? (prize.points == null ? "no prize" : points(prize.points))}</td>
                <td className={ui.number}>{prize.oddsPpm === 0 ? "otherwise" : percent(prize.oddsPpm)}</td>
                <td className={ui.number}>{prize.left == null ? "no limit" : count(prize.left)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h3>Prizes owed</h3>
      {owed.length === 0 ? (
        <p className={ui.soft}>All prizes that were won have been fulfilled.</p>
      ) : (
        <ul className={ui.list}>
          {owed.map(({ unit, sku, state, count: prizeCount, points: sum, oldestSince }) => (
            <li key={`${unit} ${sku} ${state}`}>
              <span>
                {unit === "REWARD"
                  ? `${count(prizeCount)} × ${sku}`
                  : `${points(sum ?? 0)} for ${prizeCount === 1 ? "1 win" : `${count(prizeCount)} wins`}`}
                {`, ${unit === "REWARD" && state === "PENDING" ? "to be claimed" : words(state).toLowerCase()}`}
              </span>
              <span className={`${ui.soft} ${ui.small}`}>{`oldest: ${ageSince(oldestSince)}`}</span>
            </li>
          ))}
        </ul>
      )}
      <Verify draw={draw} />
      <p className={`${ui.soft} ${ui.small}`}>
        Hash of the seed: <span className={ui.mono}>{draw.seedCommit}</span>
      </p>
    </Card>
  );
}

/** Recomputes the draw in this browser, as a member's browser can. */
function Verify({ draw }: { draw: DrawFragment }) {
  const [isBusy, setBusy] = useState(false);
  const [verdict, setVerdict] = useState<DrawVerdict | "unread" | null>(null);
  async function verify() {
    setBusy(true);
    const { verifyPublished } = await import("../../../microsite/src/activity/draws/verify-published.ts");
    setVerdict(await verifyPublished({ ...draw, closedAt: draw.closedAt ?? null }).catch(() => "unread" as const));
    setBusy(false);
  }
  return (
    <>
      <div className={ui.row}>
        <Button variant="quiet" busy={isBusy} onClick={() => void verify()}>
          Verify the results
        </Button>
        <a href={draw.published} download>
          All published tickets
        </a>
      </div>
      {verdict === "unread" && <Notice tone="calm" title="The published tickets could not be read. Try again." />}
      {verdict && verdict !== "unread" && verdict.ok && (
        <Notice tone="good" title={`${count(verdict.tickets)} tickets are valid.`}>
          {!verdict.isRevealed && (
            <p>The results can be recomputed once the draw is closed and its seed is published.</p>
          )}
        </Notice>
      )}
      {verdict && verdict !== "unread" && !verdict.ok && (
        <Notice tone="bad" title={`${count(verdict.problems.length)} problems were found.`}>
          {verdict.problems.slice(0, MAX_PROBLEMS_SHOWN).map(({ line, message }) => (
            <p key={`${line} ${message}`}>{`Line ${line}: ${message}`}</p>
          ))}
        </Notice>
      )}
    </>
  );
}

const MAX_PROBLEMS_SHOWN = 5;

interface NewPrize {
  id: string;
  name: string;
  kind: "points" | "reward";
  points: number;
  sku: string;
  percent: number;
  stock: number | null;
}
const blank: NewPrize = { id: "", name: "", kind: "points", points: 100, sku: "", percent: 1, stock: 10 };

/** The announcement for `openLuckyDraw`. A ticket outside all ranges of prizes wins no prize. */
const announcementOf = (name: string, prizes: readonly NewPrize[]) => ({
  name,
  prizes: [
    ...prizes.map(({ id, name: title, kind, points: prizeCount, sku, percent: percentage, stock }) => ({
      id,
      name: title,
      oddsPpm: Math.round(percentage * (PPM / 100)),
      stock,
      ...(kind === "points" ? { kind, points: prizeCount } : { kind, sku }),
    })),
    { id: "no-luck", name: "No luck", oddsPpm: 0, stock: null, kind: "none" },
  ],
  fallback: "no-luck",
});

function OpenDraw() {
  const [open] = useMutation(OpenDrawDocument);
  const [prizes, setPrizes] = useState<NewPrize[]>([blank]);
  return (
    <ActionForm
      title="Open a draw"
      submit="Open the draw"
      variant="main"
      send={async (fields) => {
        const name = String(fields.get("name") ?? "").trim();
        const announcement = JSON.stringify(announcementOf(name, prizes));
        const input = { drawId: String(fields.get("drawId") ?? "").trim(), announcement };
        const result = await open({ variables: { input }, refetchQueries: [DrawsDocument] });
        const answer = formResultOf(result, result.data?.openLuckyDraw);
        if (answer.refusals.length === 0) setPrizes([blank]);
        return answer;
      }}
    >
      <p>An open draw can no longer be changed. A ticket that hits no prize wins nothing.</p>
      <div className={ui.pair}>
        <TextField label="Draw id" name="drawId" required help="Lower-case letters and digits, with - between words." />
        <TextField label="Name" name="name" required />
      </div>
      <Rows legend="Prizes" add="Add a prize" minRows={1} rows={prizes} blank={blank} onChange={setPrizes}>
        {(prize, change) => (
          <>
            <TextField
              label="Prize id"
              required
              value={prize.id}
              onChange={({ target }) => change({ ...prize, id: target.value })}
            />
            <TextField
              label="Prize"
              required
              value={prize.name}
              onChange={({ target }) => change({ ...prize, name: target.value })}
            />
            <SelectField
              label="Type"
              value={prize.kind}
              onChange={({ target }) => change({ ...prize, kind: target.value as NewPrize["kind"] })}
            >
              <option value="points">Points</option>
              <option value="reward">A reward</option>
            </SelectField>
            {prize.kind === "points" ? (
              <NumberField
                label="Points"
                min={1}
                value={prize.points}
                onChange={(prizeCount) => change({ ...prize, points: prizeCount ?? 1 })}
              />
            ) : (
              <TextField
                label="SKU"
                required
                value={prize.sku}
                onChange={({ target }) => change({ ...prize, sku: target.value })}
              />
            )}
            <NumberField
              label="Chance in %"
              min={0.0001}
              step="0.0001"
              value={prize.percent}
              onChange={(percentage) => change({ ...prize, percent: percentage ?? 0 })}
            />
            <NumberField
              label="Quantity"
              min={1}
              value={prize.stock}
              onChange={(stock) => change({ ...prize, stock })}
              help="Empty: no limit."
            />
          </>
        )}
      </Rows>
    </ActionForm>
  );
}

const exportDraws = (draws: readonly DrawFragment[]) =>
  downloadCsv(
    "draws.csv",
    ["id", "name", "tickets", "opened_at", "closed_at", "prize", "odds_ppm", "left", "points", "sku"],
    draws.flatMap((draw) =>
      draw.prizes.map((prize) => [
        draw.id,
        draw.name,
        draw.tickets,
        draw.openedAt,
        draw.closedAt ?? "",
        prize.name,
        prize.oddsPpm,
        prize.left ?? "",
        prize.points ?? "",
        prize.sku ?? "",
      ]),
    ),
  );
