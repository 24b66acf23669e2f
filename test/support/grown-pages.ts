import type pg from "pg";
import { makeCursor } from "../../src/graphql/connection.ts";
import { toGlobalId } from "../../src/graphql/global-id.ts";
import { FREQUENT_CUSTOMER } from "./grown-database.ts";

/** A page that the storefront, the console or an integrator requests. */
export interface Page {
  name: string;
  as: "anonymous" | "customer" | "operator";
  /** A GraphQL document, or the path of a REST request. */
  query?: string;
  path?: string;
  /** The reason why the page may take longer than the limit. */
  exempt?: string;
}

const EXEMPT: Readonly<Record<string, string>> = {
  "settlement of a day": "a file with every movement of the day",
};

const PAGE = "pageInfo { hasNextPage endCursor }";
const REWARD = "id sku name kind points brand category imageUrl stock state validUntil";
const ORDER = "id number status pointsState total placedAt lines { id name quantity reward { id imageUrl } }";
const ORDER_ROW = `${ORDER} assignee customer { id customerId }`;

const text = (value: unknown) => JSON.stringify(value);
const list = (name: string, args: string, node: string, more = "") =>
  `${name}${args && `(${args})`} { ${more} nodes { ${node} } ${PAGE} }`;

/** The pages of a grown database; the deep ones begin after nine tenths of their list. */
export async function grownPages(client: pg.Client): Promise<Page[]> {
  /** The first row of `select`. @throws if `select` has no row, which would make an empty page */
  async function row(select: string): Promise<Record<string, string>> {
    const { rows } = await client.query(select);
    if (!rows[0]) throw new Error(`nothing is found by ${select}`);
    return rows[0];
  }
  const json = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  const deepReward = async (sort: string, column: string, key = column) => {
    const { key: value, id } = await row(`select ${key} as key, id from rewards where active and archived_at is null
      order by ${column} ${sort === "NAME" || sort === "POINTS_ASC" ? "asc" : "desc"}, id offset (select count(*) * 0.7 from rewards) limit 1`);
    return makeCursor([sort, column === "popularity" || column === "points" ? Number(value) : value, id]);
  };
  const deepOrder = async (where: string) => {
    const { at, id } = await row(`select ${json("placed_at")} as at, id from orders where ${where}
      order by placed_at desc, id desc offset (select count(*) * 0.9 from orders where ${where}) limit 1`);
    return makeCursor([at, id]);
  };

  const order = await row(
    `select id, number from orders where customer_id = '${FREQUENT_CUSTOMER}' order by placed_at limit 1`,
  );
  const popular = await row("select id, sku, name, brand, category from rewards where sku = 'GROWN-1'");
  const rare = await row("select reward_id as id from order_lines group by 1 order by count(*), 1 limit 1");
  const day = await row(
    "select (now() - interval '100 days')::date::text as day, (now() - interval '99 days')::date::text as next",
  );
  const [id, rareId] = [popular["id"] ?? "", rare["id"] ?? ""].map((id) => text(toGlobalId("Reward", id)));
  const from = text(`${day["day"]}T00:00:00.000Z`);
  const before = text(`${day["next"]}T00:00:00.000Z`);
  const voucher = await row(`select masked_code, allocated_at from voucher_codes where state = 'ALLOCATED' limit 1`);

  const anonymous: [string, string][] = [];
  for (const [sort, column, key] of [
    ["POPULAR", "popularity"],
    ["NEWEST", "created_at", json("created_at")],
    ["POINTS_ASC", "points"],
    ["POINTS_DESC", "points"],
    ["NAME", "name"],
  ] as const) {
    anonymous.push([`rewards ${sort}`, list("rewards", `sort: ${sort}`, REWARD, "totalCount")]);
    anonymous.push([
      `rewards ${sort}, deep`,
      list("rewards", `sort: ${sort}, after: ${text(await deepReward(sort, column, key))}`, REWARD),
    ]);
  }
  const filters: Record<string, string> = {
    "of a category": `categories: [${text(popular["category"])}]`,
    "of a category that nothing has": `categories: ["None"]`,
    "of a brand": `brands: [${text(popular["brand"])}]`,
    "of a brand that nothing has": `brands: ["None"]`,
    "of a category and a brand": `categories: [${text(popular["category"])}], brands: [${text(popular["brand"])}]`,
    "of a kind that nothing has": "kinds: [MERCHANDISE]",
    "of a source that nothing has": "sources: [CAPILLARY]",
    "for few points": "pointsMax: 110",
    "sold out": "inStock: false",
    "in stock": "inStock: true",
    "new": 'newSince: "2026-01-01T00:00:00.000Z"',
    "ending soon": `endingBefore: ${text(new Date(Date.now() + 7 * 86_400_000).toISOString())}`,
  };
  for (const [name, filter] of Object.entries(filters)) {
    anonymous.push([
      `rewards ${name}`,
      list("rewards", `filter: { ${filter} }`, REWARD, "totalCount brands { name rewardCount }"),
    ]);
    for (const sort of ["NEWEST", "POINTS_ASC", "NAME"])
      anonymous.push([`rewards ${name} ${sort}`, list("rewards", `sort: ${sort}, filter: { ${filter} }`, REWARD)]);
  }
  for (const [name, search] of Object.entries({
    "common word": "coffee",
    "rare word": "9999",
    misspelling: "cofee",
    "two words": "coffee gift",
    nothing: "zzzzqq",
  }))
    anonymous.push([
      `search: ${name}`,
      list("rewards", `filter: { search: ${text(search)} }`, REWARD, "totalCount brands { name rewardCount }"),
    ]);
  anonymous.push([
    "search in a category",
    list("rewards", `filter: { search: "coffee", categories: [${text(popular["category"])}] }`, REWARD, "totalCount"),
  ]);
  anonymous.push(["search, by price", list("rewards", `sort: POINTS_ASC, filter: { search: "coffee" }`, REWARD)]);
  anonymous.push(
    ["reward categories", "rewardCategories { name rewardCount }"],
    ["a reward", `reward(sku: "GROWN-5") { ${REWARD} description }`],
  );

  const ofCustomer = `customer_id = '${FREQUENT_CUSTOMER}'`;
  const { at: entryAt, id: entryId } =
    await row(`select ${json("settled_at")} as at, 'm' || id as id from points_movements
    where ${ofCustomer} and settled_at is not null order by settled_at offset (select count(*) * 0.1 from points_movements where ${ofCustomer}) limit 1`);
  const { at: issuedAt, id: voucherId } =
    await row(`select ${json("v.allocated_at")} as at, v.id from orders o join order_lines l on l.order_id = o.id
    join order_units u on u.line_id = l.id join voucher_codes v on v.unit_id = u.id where o.${ofCustomer} order by v.allocated_at offset 20 limit 1`);
  const { at: earnedAt, id: awardId } = await row(
    `select ${json("created_at")} as at, id from reward_awards where ${ofCustomer} order by created_at offset 20 limit 1`,
  );
  const ENTRY = "id kind points at order { id number } award { id rule }";
  const VOUCHER = "id maskedCode validUntil state issuedAt orderLine { id name order { id number } }";
  const own: [string, string][] = [
    ["own orders", list("orders", "first: 20", ORDER, "totalCount")],
    ["own orders, deep", list("orders", `after: ${text(await deepOrder(ofCustomer))}`, ORDER)],
    ["own orders, last page", list("orders", "last: 20", ORDER)],
    [
      "own orders of a status that none has",
      list("orders", "filter: { statuses: [PARTIALLY_FULFILLED] }", ORDER, "totalCount"),
    ],
    ["own orders in progress", list("orders", "filter: { statuses: [PENDING, PROCESSING] }", ORDER, "totalCount")],
    [
      "own orders of a day",
      list("orders", `filter: { placedFrom: ${from}, placedBefore: ${before} }`, ORDER, "totalCount"),
    ],
    ["own orders of a popular reward", list("orders", `filter: { rewardId: ${id} }`, ORDER, "totalCount")],
    ["own orders of a rare reward", list("orders", `filter: { rewardId: ${rareId} }`, ORDER, "totalCount")],
    ["statement", `wallet { ${list("entries", "first: 20", ENTRY, "totalCount")} }`],
    ["statement, deep", `wallet { ${list("entries", `after: ${text(makeCursor([entryAt, entryId]))}`, ENTRY)} }`],
    ["vouchers", list("vouchers", "first: 20", VOUCHER, "totalCount")],
    ["vouchers, deep", list("vouchers", `after: ${text(makeCursor([issuedAt, voucherId]))}`, VOUCHER)],
    ["vouchers that are ready", list("vouchers", "filter: { states: [READY] }", VOUCHER, "totalCount")],
    ["vouchers that are used", list("vouchers", "filter: { states: [USED] }", VOUCHER, "totalCount")],
    ["reward history", list("rewardHistory", "first: 20", "id rule earnedAt unit quantity state", "totalCount")],
    [
      "reward history, deep",
      list("rewardHistory", `after: ${text(makeCursor([earnedAt, awardId]))}`, "id rule earnedAt unit quantity state"),
    ],
    ["reward totals", "rewardTotals { action unit awards credited }"],
    [
      "check-in and tickets",
      `checkIn { today } ${list("tickets", "first: 20", "number", "totalCount")} memberEventsCursor`,
    ],
    ["dashboard", `wallet { held } cart { id version lines { id } }`],
  ];

  const statuses = ["PENDING", "FULFILLED", "FAILED", "PARTIALLY_FULFILLED"];
  const orderFilters: Record<string, string> = {
    ...Object.fromEntries(statuses.map((status) => [`of status ${status}`, `statuses: [${status}]`])),
    "of two statuses": "statuses: [FAILED, REVERSED]",
    ...Object.fromEntries(
      ["NEEDS_ATTENTION", "TAKEN", "TAKING", "RETURNED", "UNCERTAIN", "PARTIALLY_RETURNED"].map((state) => [
        `of points ${state}`,
        `pointsStates: [${state}]`,
      ]),
    ),
    "with a discrepancy": "openDiscrepancies: true",
    "without a discrepancy": "openDiscrepancies: false",
    "of a day": `placedFrom: ${from}, placedBefore: ${before}`,
    "of a status and a day": `statuses: [FAILED], placedFrom: ${from}, placedBefore: ${before}`,
    "of a popular reward": `rewardId: ${id}`,
    "of a rare reward": `rewardId: ${rareId}`,
    "of a customer": `customerId: "${FREQUENT_CUSTOMER}"`,
    "of an assignee": 'assignee: "ana"',
    "of an assignee with nothing": 'assignee: "nobody"',
    "failed ones of a popular reward": `rewardId: ${id}, statuses: [FAILED]`,
  };
  const operator: [string, string][] = [
    ["orders", list("orders", "first: 50", ORDER_ROW, "totalCount")],
    ["orders, deep", list("orders", `first: 50, after: ${text(await deepOrder("true"))}`, ORDER_ROW)],
    ...Object.entries(orderFilters).map(([name, filter]): [string, string] => [
      `orders ${name}`,
      list("orders", `first: 50, filter: { ${filter} }`, ORDER_ROW, "totalCount"),
    ]),
    [
      `orders of status FULFILLED, deep`,
      list(
        "orders",
        `first: 50, filter: { statuses: [FULFILLED] }, after: ${text(await deepOrder("status = 'FULFILLED'"))}`,
        ORDER_ROW,
      ),
    ],
    [
      "orders of a popular reward, deep",
      list("orders", `first: 50, filter: { rewardId: ${id} }, after: ${text(await deepOrder("true"))}`, ORDER_ROW),
    ],
    [
      "an order",
      `order(number: ${text(order["number"])}) { ${ORDER_ROW} history { seq status message at } pointsTrail { id state points } discrepancies { id message } notes { id } }`,
    ],
    [
      "a customer",
      `customer(customerId: "${FREQUENT_CUSTOMER}") { id sessions { id } notes { id } ${list("orders", "first: 20", ORDER_ROW, "totalCount")} ${list("rewardHistory", "first: 10", "id rule", "totalCount")} }`,
    ],
    [
      "attention",
      "attention { total queues { kind count oldestSince items(first: 8) { id since summary order { id } reward { id } } } }",
    ],
    [
      "activity of a day",
      "activity(hours: 24) { placed failed pointsTaken pointsReturned pointsOutstanding hours { start placed } }",
    ],
    [
      "activity of a week",
      "activity(hours: 168) { placed failed pointsTaken pointsReturned pointsOutstanding hours { start placed } }",
    ],
    ...Object.entries({
      "an order number": order["number"],
      "the end of an order number": order["number"]?.slice(11),
      "the beginning of all customer ids": "GROWN",
      "a customer id": FREQUENT_CUSTOMER,
      "the end of a code": voucher["masked_code"]?.slice(-4),
      "a ticket": "T-77",
      "a credit": "CR-77",
      "an SKU": "GROWN-77",
      "a word of a reward": "gift",
      "a rare word of a reward": "777",
      "the middle of a word": "offe",
      nothing: "zzzz qqqq",
    }).map(([name, written]): [string, string] => [
      `find: ${name}`,
      `search(text: ${text(written)}) { match text detail order { id } customer { id } reward { id } }`,
    ]),
    ["audit log", list("auditLog", "first: 50", "id at actor action subject", "totalCount")],
    ...Object.entries({
      actor: 'actor: "ana"',
      "an actor with nothing": 'actor: "nobody"',
      action: 'action: "order."',
      "an action with nothing": 'action: "nothing."',
      subject: `subject: ${text(order["number"])}`,
      "a day": `from: ${from}, to: ${before}`,
      "an actor and a day": `actor: "ana", from: ${from}, to: ${before}`,
    }).map(([name, filter]): [string, string] => [
      `audit log of ${name}`,
      list("auditLog", `first: 50, filter: { ${filter} }`, "id at actor action subject", "totalCount"),
    ]),
    ["quarantine", list("quarantinedRewards", "first: 20", "id", "totalCount")],
    ["quarantine, all", list("quarantinedRewards", "first: 20, openOnly: false", "id", "totalCount")],
    ["awards to resolve", list("awardsToResolve", "first: 20", "award { id } attempts", "totalCount")],
    ["awards refused", list("awardsToResolve", "first: 20, state: REFUSED", "award { id } attempts", "totalCount")],
    ["reconciliation runs", list("reconciliationRuns", "first: 20", "id", "totalCount")],
    ...Object.entries({
      all: "",
      open: "states: [OPEN]",
      "a state that none has": "states: [WRITTEN_OFF]",
      "a class": "classes: [ENTRY_NOT_IN_BOOKS]",
      "a class that none has": "classes: [CODE_MISSING]",
    }).map(([name, filter]): [string, string] => [
      `breaks: ${name}`,
      list("reconciliationBreaks", `first: 50, filter: { ${filter} }`, "id class state since", "totalCount"),
    ]),
    ["settlement of a day", `settlement(day: ${text(day["day"])}) { day }`],
    ["deliveries", `webhook(name: "grown") { ${list("deliveries", "first: 50", "id state", "totalCount")} }`],
    [
      "deliveries that failed",
      `webhook(name: "grown") { ${list("deliveries", "first: 50, states: [FAILED]", "id state", "totalCount")} }`,
    ],
    [
      "deliveries that are pending",
      `webhook(name: "grown") { ${list("deliveries", "first: 50, states: [PENDING]", "id state", "totalCount")} }`,
    ],
    [
      "rewards for operators",
      list(
        "rewards",
        "first: 50, sort: NAME, filter: { states: [DRAFT, SCHEDULED, ON_OFFER, SOLD_OUT, ENDED, ARCHIVED] }",
        REWARD,
        "totalCount",
      ),
    ],
    ["drafts", list("rewards", "first: 50, sort: NAME, filter: { states: [DRAFT] }", REWARD, "totalCount")],
    [
      "scheduled rewards",
      list("rewards", "first: 50, sort: NAME, filter: { states: [SCHEDULED] }", REWARD, "totalCount"),
    ],
    [
      "voucher pool",
      `voucherPool(rewardId: ${id}) { counts { available allocated } codesEnding(ending: "AB") { id } batches { id } }`,
    ],
    ["expiring vouchers", "expiringVouchers(withinDays: 30) { codes }"],
  ];

  const last = await row(
    "select number from rewards order by number offset (select count(*) * 0.9 from rewards) limit 1",
  );
  return [
    ...anonymous.map(([name, query]): Page => ({ name, as: "anonymous", query: `{ ${query} }` })),
    ...own.map(([name, query]): Page => ({ name, as: "customer", query: `{ me { ${query} } }` })),
    ...operator.map(
      ([name, query]): Page => ({
        name,
        as: "operator",
        query: `{ ${query} }`,
        ...(EXEMPT[name] && { exempt: EXEMPT[name] }),
      }),
    ),
    { name: "REST catalogue", as: "customer", path: "/api/v1/catalog" },
    { name: "REST catalogue, deep", as: "customer", path: `/api/v1/catalog?after_id=${last["number"]}` },
    { name: "REST order status", as: "customer", path: "/api/v1/orders/status?order_id=10000000001" },
  ];
}
