import { useLazyQuery } from "@apollo/client/react";
import { type FormEvent, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { Dialog } from "../../../microsite/src/ui/dialog.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import {
  AuditChainDocument,
  type AuditFilter,
  AuditLogDocument,
  type AuditLogQuery,
} from "../graphql/generated/graphql.ts";
import { ExportButton } from "../ui/export-button.tsx";
import { count, moment, total } from "../ui/format.ts";
import { Card, Empty, Fact, Facts, Failure, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import { usePages } from "../ui/use-pages.ts";
import { VirtualTable } from "../ui/virtual-table.tsx";
import { TeamPage } from "./team-tabs.tsx";

type Entry = AuditLogQuery["auditLog"]["nodes"][number];

/** @param search the query string of the page's address */
function filterOf(search: URLSearchParams): AuditFilter {
  const text = (name: string) => search.get(name)?.trim() || null;
  const instant = (name: string, plusDays: number) => {
    const date = new Date(`${search.get(name)}T00:00:00`);
    if (Number.isNaN(date.getTime())) return null;
    date.setDate(date.getDate() + plusDays);
    return date.toISOString();
  };
  return {
    actor: text("actor"),
    action: text("action"),
    subject: text("subject"),
    from: instant("from", 0),
    to: instant("to", 1),
  };
}

/** The audit log: each entry with its actor, and a check of the log's integrity. */
export default function AuditPage() {
  const [search, setSearch] = useSearchParams();
  const [shown, setShown] = useState<Entry | null>(null);
  const pages = usePages(AuditLogDocument, { filter: filterOf(search) }, (data) => data.auditLog);
  const { data, rows, error, loading } = pages;
  const log = data?.auditLog;

  function filter(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const next = new URLSearchParams();
    for (const [field, value] of new FormData(event.currentTarget)) if (value) next.set(field, String(value).trim());
    setSearch(next);
  }
  return (
    <TeamPage
      title="Audit log"
      actions={
        <span className={ui.row}>
          <ExportButton
            name="audit-log.csv"
            header={["id", "at", "actor", "action", "subject", "details", "seal", "hash"]}
            toCells={({ id, at, actor, action, subject, details, seal }) => [
              [id, at, actor, action, subject, details ?? "", seal?.seq ?? "", seal?.hash ?? ""],
            ]}
            disabled={rows.length === 0}
            read={pages.read}
          />
        </span>
      }
    >
      <Chain />
      <Card label="Entries">
        <form className={ui.filters} onSubmit={filter} key={search.toString()}>
          <Filter name="actor" label="Actor" search={search} />
          <Filter name="action" label="Action begins with" search={search} />
          <Filter name="subject" label="Subject" search={search} />
          <Filter name="from" label="From" type="date" search={search} />
          <Filter name="to" label="to" type="date" search={search} />
          <div className={ui.row}>
            <Button type="submit" variant="quiet">
              Filter
            </Button>
            {search.size > 0 && <Link to="/team/audit">Clear</Link>}
          </div>
        </form>
        <Failure error={error} retry={pages.reload} />
        {!data && loading && <Waiting />}
        {log && rows.length === 0 && <Empty>No entries in this view. Clear the filter, or choose other days.</Empty>}
        {log && rows.length > 0 && (
          <>
            <p className={ui.soft}>{`${total(log.totalCount)} entries. Press Enter to see the details of a row.`}</p>
            <VirtualTable
              label="Audit log"
              rows={rows}
              rowKey={({ id }) => id}
              onOpen={(row) => setShown(row)}
              hasMore={pages.hasMore}
              onMore={pages.readMore}
              columns={[
                { name: "When", width: "11rem", show: ({ at }) => moment(at) },
                { name: "Actor", width: "minmax(8rem, 1fr)", show: ({ actor }) => actor },
                { name: "Action", width: "minmax(10rem, 1fr)", show: ({ action }) => action },
                { name: "Subject", width: "minmax(8rem, 2fr)", show: ({ subject }) => subject },
                { name: "Seal", width: "5rem", number: true, show: ({ seal }) => seal?.seq ?? "pending" },
              ]}
            />
          </>
        )}
      </Card>
      {shown && (
        <Dialog title={shown.action} isOpen onClose={() => setShown(null)}>
          <Facts>
            <Fact name="When">{new Date(shown.at).toISOString()}</Fact>
            <Fact name="Actor">{shown.actor}</Fact>
            <Fact name="Subject">{shown.subject}</Fact>
            <Fact name="Seal">{shown.seal ? `${shown.seal.seq} · ${shown.seal.hash}` : "pending"}</Fact>
          </Facts>
          {shown.details && <pre className={ui.pre}>{JSON.stringify(JSON.parse(shown.details), null, 2)}</pre>}
        </Dialog>
      )}
    </TeamPage>
  );
}

function Filter(props: { name: string; label: string; type?: string; search: URLSearchParams }) {
  const { name, label, type = "text", search } = props;
  return (
    <div>
      <label htmlFor={`audit-${name}`}>{label}</label>
      <input id={`audit-${name}`} name={name} type={type} defaultValue={search.get(name) ?? ""} />
    </div>
  );
}

/** Verifies the hash chain over the log on request. */
function Chain() {
  const [check, { data, error, loading }] = useLazyQuery(AuditChainDocument, { fetchPolicy: "network-only" });
  const chain = data?.auditChain;
  return (
    <Card
      title="Integrity of the log"
      aside={
        <Button variant="quiet" busy={loading} onClick={() => void check()}>
          Verify the log
        </Button>
      }
    >
      <Failure error={error} retry={check} />
      {!chain && !error && (
        <p className={ui.soft}>
          Recomputes the hash chain over all entries. Store the head hash outside the gateway from time to time.
        </p>
      )}
      {chain?.holds === null && (
        <Notice tone="calm" title={`The log has ${count(chain.entries)} entries, too many to verify here.`}>
          <p>Run node dist/bin/tessera.mjs audit:verify on the gateway's machine.</p>
        </Notice>
      )}
      {chain?.holds === true && (
        <Notice tone="good" title={`The log is intact: ${count(chain.entries)} entries.`}>
          {chain.pseudonymised > 0 && <p>{`${count(chain.pseudonymised)} were pseudonymised by recorded erasures.`}</p>}
          <p className={ui.mono}>{`Head ${chain.head ?? "none"}`}</p>
        </Notice>
      )}
      {chain?.holds === false && (
        <Notice tone="bad" title="The log was changed.">
          {chain.problems.map((problem) => (
            <p key={problem}>{problem}</p>
          ))}
        </Notice>
      )}
    </Card>
  );
}
