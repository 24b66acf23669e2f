import { useApolloClient } from "@apollo/client/react";
import { useState } from "react";
import type { DrawVerdict } from "../../../../src/draws/verify-draw.ts";
import type { DrawPartsFragment } from "../../graphql/generated/graphql.ts";
import { useI18n } from "../../i18n/i18n.tsx";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import styles from "./draws.module.css";

const MAX_PROBLEMS_SHOWN = 5;

type Checked = { verdict: DrawVerdict; receipts: number } | "unread";

/** Recomputes the draw in this browser. The code and the data load on request. */
export function CheckDraw({ draw }: { draw: DrawPartsFragment }) {
  const { t } = useI18n();
  const client = useApolloClient();
  const [isBusy, setBusy] = useState(false);
  const [checked, setChecked] = useState<Checked | null>(null);

  async function check() {
    setBusy(true);
    setChecked(null);
    try {
      const { recompute } = await import("./recompute.ts");
      setChecked(await recompute(client, draw));
    } catch {
      setChecked("unread");
    } finally {
      setBusy(false);
    }
  }

  return (
    <div className={styles.check}>
      <p>{t(draw.closedAt ? "check.lead" : "check.leadOpen")}</p>
      <div className={styles.actions}>
        <Button variant="quiet" busy={isBusy} onClick={() => void check()}>
          {t(isBusy ? "check.busy" : "check.do")}
        </Button>
        <a href={draw.published} download>
          {t("check.file")}
        </a>
      </div>
      {checked === "unread" && <Notice tone="calm">{t("check.unread")}</Notice>}
      {checked && checked !== "unread" && <Verdict {...checked} />}
      <details>
        <summary>{t("check.announced")}</summary>
        <dl>
          <dt>{t("check.openingHash")}</dt>
          <dd>
            <code>{draw.openingHash}</code>
          </dd>
          <dt>{t("check.seedCommit")}</dt>
          <dd>
            <code>{draw.seedCommit}</code>
          </dd>
        </dl>
      </details>
    </div>
  );
}

function Verdict({ verdict, receipts }: { verdict: DrawVerdict; receipts: number }) {
  const { t } = useI18n();
  if (!verdict.ok) {
    const { problems } = verdict;
    return (
      <Notice tone="bad" title={t("check.fails")}>
        <p>{t("check.problems", { count: problems.length })}</p>
        <ul lang="en">
          {problems.slice(0, MAX_PROBLEMS_SHOWN).map(({ line, message }) => (
            <li key={`${line} ${message}`}>
              Line {line}: {message}
            </li>
          ))}
        </ul>
        <p>{t("check.failsText")}</p>
      </Notice>
    );
  }
  const { isRevealed, tickets } = verdict;
  return (
    <Notice tone="good" title={t(isRevealed ? "check.holds" : "check.holdsSoFar")}>
      <p>{t(isRevealed ? "check.holdsText" : "check.holdsSoFarText", { count: tickets })}</p>
      {receipts > 0 && <p>{t("check.receipts", { count: receipts })}</p>}
    </Notice>
  );
}
