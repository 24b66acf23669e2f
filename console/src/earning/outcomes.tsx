import { Badge } from "../../../microsite/src/ui/badge.tsx";
import type { OutcomeFragment, ProblemFragment } from "../graphql/generated/graphql.ts";
import { count, words } from "../ui/format.ts";
import { Empty } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";

/** The decision of each rule about each line of a message. */
export function Outcomes({ outcomes }: { outcomes: readonly OutcomeFragment[] }) {
  if (outcomes.length === 0) return <Empty>No rule applies to this message.</Empty>;
  return (
    <ul className={ui.list}>
      {outcomes.map((outcome) => (
        <li key={`${outcome.line} ${outcome.ruleId}`} className={ui.note}>
          <span className={ui.row}>
            <strong>{`Line ${outcome.line}: ${outcome.ruleId}, version ${outcome.ruleVersion}`}</strong>
            <Badge tone={outcome.awarded ? "good" : "plain"}>
              {outcome.awarded ? "Earns" : words(outcome.reason ?? "No award")}
            </Badge>
          </span>
          {outcome.awards.map(({ id, role, unit, quantity, sku }) => (
            <span key={id}>{`${words(role)}: ${sku ?? `${count(quantity)} ${unit.toLowerCase()}`}`}</span>
          ))}
          {outcome.explanation.map((sentence) => (
            <span key={sentence} className={`${ui.soft} ${ui.small}`}>
              {sentence}
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}

export function Problems({ problems }: { problems: readonly ProblemFragment[] }) {
  return (
    <ul className={ui.list}>
      {problems.map(({ path, code, message }) => (
        <li key={`${path} ${code}`}>
          <span>
            <span className={ui.mono}>{path || "the message"}</span>
            {`: ${message}`}
          </span>
          <span className={`${ui.soft} ${ui.small} ${ui.mono}`}>{code}</span>
        </li>
      ))}
    </ul>
  );
}
