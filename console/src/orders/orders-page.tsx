import type { FormEvent } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { Badge } from "../../../microsite/src/ui/badge.tsx";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { type OrderFilter, type OrderRowFragment, OrdersDocument } from "../graphql/generated/graphql.ts";
import { useOperator } from "../session/use-operator.ts";
import { ExportButton } from "../ui/export-button.tsx";
import { count, moment, total, words } from "../ui/format.ts";
import { Card, Empty, Failure, Page, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import { usePages } from "../ui/use-pages.ts";
import { VirtualTable } from "../ui/virtual-table.tsx";
import { toneOf, toneOfPoints } from "./order-texts.ts";

/** Saved filters, each with an address of its own. */
const views: { name: string; search: string }[] = [
  { name: "All", search: "" },
  { name: "In progress", search: "?status=PENDING,PROCESSING" },
  { name: "Unknown outcome", search: "?points=NEEDS_ATTENTION" },
  { name: "Being returned", search: "?points=RETURNING" },
  { name: "Discrepancies", search: "?open=1" },
  { name: "Failed", search: "?status=FAILED" },
];

/** @param search the query string of the page's address */
export function filterOf(search: URLSearchParams): OrderFilter {
  const list = (name: string) => search.get(name)?.split(",").filter(Boolean);
  const instant = (name: string, plusDays = 0) => {
    const day = search.get(name);
    if (!day) return undefined;
    const date = new Date(`${day}T00:00:00`);
    if (Number.isNaN(date.getTime())) return undefined;
    date.setDate(date.getDate() + plusDays);
    return date.toISOString();
  };
  const [statuses, pointsStates] = [list("status"), list("points")];
  const [from, before] = [instant("from"), instant("to", 1)];
  return {
    ...(statuses && { statuses: statuses as NonNullable<OrderFilter["statuses"]> }),
    ...(pointsStates && { pointsStates: pointsStates as NonNullable<OrderFilter["pointsStates"]> }),
    ...(search.get("open") && { openDiscrepancies: true }),
    ...(search.get("customer") && { customerId: search.get("customer") }),
    ...(search.get("reward") && { rewardId: search.get("reward") }),
    ...(search.get("assignee") && { assignee: search.get("assignee") }),
    ...(from && { placedFrom: from }),
    ...(before && { placedBefore: before }),
  };
}

export default function OrdersPage() {
  const [search, setSearch] = useSearchParams();
  const { name } = useOperator();
  const pages = usePages(OrdersDocument, { filter: filterOf(search) }, (data) => data.orders);
  const { data, rows, error, loading } = pages;
  const navigate = useNavigate();
  const orders = data?.orders;

  function filter(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const next = new URLSearchParams(search);
    for (const [field, value] of new FormData(event.currentTarget)) {
      if (value) next.set(field, String(value).trim());
      else next.delete(field);
    }
    setSearch(next);
  }
  const currentSearch = search.size > 0 ? `?${decodeURIComponent(search.toString())}` : "";

  return (
    <Page
      title="Orders"
      badge={orders && <small className={ui.soft}>{total(orders.totalCount)}</small>}
      actions={
        <ExportButton
          name="orders.csv"
          header={exportedColumns}
          toCells={exportedCells}
          disabled={rows.length === 0}
          read={pages.read}
        />
      }
    >
      <nav className={ui.views} aria-label="Saved views">
        {[...views, { name: "Mine", search: `?assignee=${name}` }].map((view) => (
          <Link
            key={view.name}
            to={`/orders${view.search}`}
            aria-current={currentSearch === view.search ? "page" : undefined}
          >
            {view.name}
          </Link>
        ))}
      </nav>
      <Card label="List of orders">
        <form className={ui.filters} onSubmit={filter} key={search.toString()}>
          <div>
            <label htmlFor="customer">Customer</label>
            <input id="customer" name="customer" defaultValue={search.get("customer") ?? ""} />
          </div>
          <div>
            <label htmlFor="from">Placed from</label>
            <input id="from" name="from" type="date" defaultValue={search.get("from") ?? ""} />
          </div>
          <div>
            <label htmlFor="to">to</label>
            <input id="to" name="to" type="date" defaultValue={search.get("to") ?? ""} />
          </div>
          <div>
            <label htmlFor="assignee">Assigned to</label>
            <input id="assignee" name="assignee" defaultValue={search.get("assignee") ?? ""} />
          </div>
          <div className={ui.row}>
            <Button type="submit" variant="quiet">
              Filter
            </Button>
            {search.size > 0 && <Link to="/orders">Clear</Link>}
          </div>
        </form>
        <Failure error={error} retry={pages.reload} />
        {!data && loading && <Waiting />}
        {orders && rows.length === 0 && <Empty>No orders in this view. Clear the filter, or search with Find.</Empty>}
        {rows.length > 0 && (
          <VirtualTable
            label="Orders"
            rows={rows}
            rowKey={({ id }) => id}
            onOpen={({ number }) => void navigate(`/orders/${number}`)}
            hasMore={pages.hasMore}
            onMore={pages.readMore}
            columns={[
              {
                name: "Number",
                width: "14rem",
                show: ({ number }) => (
                  <Link to={`/orders/${number}`} className={ui.mono}>
                    {number}
                  </Link>
                ),
              },
              { name: "Placed", width: "10rem", show: ({ placedAt }) => moment(placedAt) },
              { name: "Customer", width: "minmax(6rem, 1fr)", show: ({ customer }) => customer.customerId },
              { name: "Rewards", width: "minmax(8rem, 2fr)", show: rewardsOf },
              { name: "Points", width: "5rem", number: true, show: ({ total }) => count(total) },
              {
                name: "Status",
                width: "14rem",
                show: ({ status, pointsState }) => (
                  <span className={ui.row}>
                    <Badge tone={toneOf(status)}>{words(status)}</Badge>
                    {toneOfPoints(pointsState) !== "plain" && (
                      <Badge tone={toneOfPoints(pointsState)}>{words(pointsState)}</Badge>
                    )}
                  </span>
                ),
              },
              { name: "Assigned to", width: "6rem", show: ({ assignee }) => assignee ?? "" },
            ]}
          />
        )}
      </Card>
    </Page>
  );
}

const rewardsOf = ({ lines }: OrderRowFragment) =>
  lines.map(({ name, quantity }) => (quantity > 1 ? `${quantity} × ${name}` : name)).join(", ");

const exportedColumns = [
  "number",
  "placed_at",
  "customer_id",
  "rewards",
  "points",
  "status",
  "points_state",
  "assignee",
];

const exportedCells = (order: OrderRowFragment) => [
  [
    ...[order.number, order.placedAt, order.customer.customerId, rewardsOf(order), order.total],
    ...[order.status, order.pointsState, order.assignee ?? ""],
  ],
];
