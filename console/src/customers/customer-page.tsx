import { useQuery } from "@apollo/client/react";
import { Link, useParams } from "react-router";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { CustomerByIdDocument, CustomerGroupsDocument } from "../graphql/generated/graphql.ts";
import { toneOf } from "../orders/order-texts.ts";
import { useOperator } from "../session/use-operator.ts";
import { count, moment, total, words } from "../ui/format.ts";
import { Notes } from "../ui/notes.tsx";
import { Card, Empty, Fact, Facts, Failure, Page, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import { CustomerActions, EndSession } from "./customer-actions.tsx";
import { LinkedIds } from "./linked-ids.tsx";

export default function CustomerPage() {
  const { customerId = "" } = useParams();
  const { may } = useOperator();
  const { data, error, loading, refetch } = useQuery(CustomerByIdDocument, { variables: { customerId } });
  const customer = data?.customer;
  if (!customer) {
    return (
      <Page title={customerId}>
        <Failure error={error} retry={refetch} />
        {!error && loading && <Waiting />}
        {!error && !loading && (
          <Notice title="Customer not found.">
            <p>
              No data is stored under this id. Check the id: the customer may also never have signed in here or earned
              anything.
            </p>
          </Notice>
        )}
      </Page>
    );
  }
  const { orders, rewardHistory } = customer;
  const all = `/orders?customer=${encodeURIComponent(customer.customerId)}`;
  return (
    <Page
      title={customer.customerId}
      badge={customer.block && <Badge tone="bad">Blocked</Badge>}
      actions={may("SUPPORT") && <CustomerActions customer={customer} />}
    >
      <Failure error={error} retry={refetch} />
      {customer.block && (
        <Notice tone="bad" title={`Blocked by ${customer.block.by} on ${moment(customer.block.at)}.`}>
          <p>{customer.block.reason}</p>
          <p>
            The customer cannot sign in. Orders that were already placed continue, and points that are owed are
            returned.
          </p>
        </Notice>
      )}
      <div className={ui.columns}>
        <div className={ui.stack}>
          <Card title="Orders" aside={<Link to={all}>{`All ${total(orders.totalCount)}`}</Link>}>
            {orders.nodes.length === 0 ? (
              <Empty>The customer has not placed any orders.</Empty>
            ) : (
              <ul className={ui.list}>
                {orders.nodes.map((order) => (
                  <li key={order.id}>
                    <span>
                      <Link to={`/orders/${order.number}`} className={ui.mono}>
                        {order.number}
                      </Link>
                      <br />
                      <span className={ui.soft}>{order.lines.map(({ name }) => name).join(", ")}</span>
                    </span>
                    <span className={`${ui.soft} ${ui.small}`}>{moment(order.placedAt)}</span>
                    <Badge tone={toneOf(order.status)}>{words(order.status)}</Badge>
                  </li>
                ))}
              </ul>
            )}
          </Card>
          <Card title="Earned" aside={<span className={ui.soft}>{total(rewardHistory.totalCount)}</span>}>
            {rewardHistory.nodes.length === 0 ? (
              <Empty>The customer has not earned anything yet.</Empty>
            ) : (
              <ul className={ui.list}>
                {rewardHistory.nodes.map((entry) => (
                  <li key={entry.id}>
                    <span>{entry.rule}</span>
                    <span>{`${count(entry.quantity)} ${words(entry.unit).toLowerCase()}`}</span>
                    <span className={`${ui.soft} ${ui.small}`}>
                      {`${words(entry.state)} · ${moment(entry.earnedAt)}`}
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </Card>
          <Groups customerId={customer.customerId} />
        </div>
        <div className={ui.stack}>
          <Card title="Sign-in">
            <Facts>
              <Fact name="Mobile">{customer.maskedMobile ?? "unknown"}</Fact>
              <Fact name="Sessions">{count(customer.sessions?.length ?? 0)}</Fact>
            </Facts>
            <ul className={ui.list}>
              {(customer.sessions ?? []).map((session) => (
                <li key={session.id}>
                  <span>
                    {session.device ?? "Unknown device"}
                    <br />
                    <span className={`${ui.soft} ${ui.small}`}>
                      {`since ${moment(session.startedAt)}, last seen ${moment(session.refreshedAt ?? session.startedAt)}`}
                    </span>
                  </span>
                  {may("SUPPORT") && <EndSession customerId={customer.customerId} session={session} />}
                </li>
              ))}
            </ul>
          </Card>
          <LinkedIds customerId={customer.customerId} ids={customer.linkedIds ?? []} reload={refetch} />
          <Card title="Check-ins">
            <Facts>
              <Fact name="Current streak">{count(customer.checkIn.streak)}</Fact>
              <Fact name="Longest streak">{count(customer.checkIn.longest)}</Fact>
              <Fact name="Today">{customer.checkIn.today ? "checked in" : "not yet"}</Fact>
            </Facts>
          </Card>
          <Notes
            subject={{ customerId: customer.customerId }}
            notes={customer.notes ?? []}
            assignee={customer.assignee ?? null}
            reload={refetch}
          />
        </div>
      </div>
    </Page>
  );
}

/** A query of its own, because it calls Capillary: a slow or failed call must not affect the rest of the page. */
function Groups({ customerId }: { customerId: string }) {
  const { data, error, loading, refetch } = useQuery(CustomerGroupsDocument, { variables: { customerId } });
  const groups = data?.customer?.groupWallets;
  return (
    <Card title="Groups">
      <Failure error={error} retry={refetch} />
      {loading && !data && <Waiting />}
      {groups?.length === 0 && <Empty>The customer is not in a group.</Empty>}
      <ul className={ui.list}>
        {(groups ?? []).map(({ id, name, groupId, externalId, status, balance }) => (
          <li key={id}>
            <span>{`${name ?? externalId ?? groupId} (${groupId})`}</span>
            <span>{balance == null ? "no points" : `${count(balance)} points`}</span>
            <span className={ui.soft}>{status ? words(status) : "unknown state"}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
