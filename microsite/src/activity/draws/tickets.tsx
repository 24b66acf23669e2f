import type { TicketPartsFragment } from "../../graphql/generated/graphql.ts";
import { useI18n } from "../../i18n/i18n.tsx";
import styles from "./draws.module.css";

type Ticket = TicketPartsFragment;

/** Lists winning tickets first. The other tickets are listed for their receipts. */
export function Tickets({ tickets }: { tickets: readonly Ticket[] }) {
  const { t } = useI18n();
  const won = tickets.filter((ticket) => ticket.won);
  const others = tickets.filter((ticket) => !ticket.won);
  if (tickets.length === 0) return <p className={styles.soft}>{t("draw.noTickets")}</p>;
  return (
    <>
      {won.length > 0 && <TicketList tickets={won} />}
      {others.length > 0 && (
        <details className={styles.others}>
          <summary>{t(won.length > 0 ? "draw.others" : "draw.onlyOthers", { count: others.length })}</summary>
          <TicketList tickets={others} />
        </details>
      )}
    </>
  );
}

function TicketList({ tickets }: { tickets: readonly Ticket[] }) {
  return (
    <ul className={styles.tickets}>
      {tickets.map((ticket) => (
        <TicketRow key={ticket.number} ticket={ticket} />
      ))}
    </ul>
  );
}

function TicketRow({ ticket: { number, prizeName, won, hash, issuedAt } }: { ticket: Ticket }) {
  const { t, dateTime, number: digits } = useI18n();
  return (
    <li data-won={won || undefined}>
      <span className={styles.number}>{t("draw.number", { number: digits(number) })}</span>
      <strong>{prizeName}</strong>
      <details>
        <summary>
          {t("draw.receipt")}
          <span className="sr-only"> {t("draw.number", { number: digits(number) })}</span>
        </summary>
        <p className={styles.soft}>
          <time dateTime={issuedAt}>{dateTime(issuedAt)}</time>
        </p>
        <code>{hash}</code>
      </details>
    </li>
  );
}
