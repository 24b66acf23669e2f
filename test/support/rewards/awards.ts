import { randomUUID } from "node:crypto";
import type { TestGateway } from "../gateway.ts";

export interface NewAward {
  /** Null while the member is unknown. */
  customerId: string | null;
  points?: number;
  availableAt?: Date;
  expiresAt?: Date | null;
}

export interface SeenAward {
  id: string;
  customer_id: string | null;
  points: number;
  state: string;
  ledger: string | null;
  credit_reference: string | null;
  attempts: number;
  sent_at: Date | null;
  last_error: string | null;
  due_at: Date | null;
  under_way_until: Date | null;
  settled_at: Date | null;
}

/** Awards as the pipeline stores them, with their message, rule and decision. @returns their ids */
export async function insertAwards({ sql }: Pick<TestGateway, "sql">, awards: NewAward[]): Promise<string[]> {
  const [memberId, messageId, decisionId, ruleId] = [randomUUID(), randomUUID(), randomUUID(), `rule-${randomUUID()}`];
  await sql("insert into reward_members (id, created_at) values ($1, now())", [memberId]);
  await sql(
    `insert into reward_messages (id, ticket_id, ticket_given, digest, source, actor, action, payload, normalisations, answer, received_at)
     values ($1::uuid, $1::uuid::text, true, $1::uuid::text, 'HTTP', 'test', 'transactionpromo', '{}', '[]', '{}', now())`,
    [messageId],
  );
  await sql(
    `insert into reward_rules (rule_id, version, action, definition, created_by, created_at)
     values ($1, 1, 'transactionpromo', '{}', 'test', now())`,
    [ruleId],
  );
  await sql(
    `insert into reward_decisions (id, message_id, line, rule_id, rule_version, outcome, explanation, at)
     values ($1, $2, 1, $3, 1, 'AWARD', '{}', now())`,
    [decisionId, messageId, ruleId],
  );
  const rows = awards.map(({ customerId, points = 100, availableAt, expiresAt }) => ({
    id: randomUUID(),
    customer_id: customerId,
    quantity: points,
    available_at: availableAt ?? new Date(Date.now() - 1_000),
    expires_at: expiresAt ?? null,
  }));
  await sql(
    `insert into reward_awards (id, effect_key, decision_id, member_id, customer_id, role, unit, quantity, available_at, expires_at, created_at)
     select id, id::text, $1, $2, customer_id, 'MEMBER', 'POINTS', quantity, available_at, expires_at, now()
     from jsonb_to_recordset($3::jsonb)
       as award(id uuid, customer_id text, quantity bigint, available_at timestamptz, expires_at timestamptz)`,
    [decisionId, memberId, JSON.stringify(rows)],
  );
  return rows.map(({ id }) => id);
}

export async function readAwards({ sql }: Pick<TestGateway, "sql">, ids: readonly string[]): Promise<SeenAward[]> {
  return sql<SeenAward>(
    "select *, quantity::int as points from reward_awards where id = any($1::uuid[]) order by array_position($1::uuid[], id)",
    [ids],
  );
}

/** Waits until every one of the awards is settled. */
export async function awardsSettled(gateway: Pick<TestGateway, "sql" | "until">, ids: string[]): Promise<SeenAward[]> {
  let awards: SeenAward[] = [];
  await gateway.until(async () => {
    awards = await readAwards(gateway, ids);
    return awards.every(({ state }) => state !== "PENDING" && state !== "UNCERTAIN");
  });
  return awards;
}

/** Ends the leases of awards, as if their process had died so long ago that no call is in flight any more. */
export async function endLeases({ sql }: Pick<TestGateway, "sql">): Promise<void> {
  await sql(
    `update reward_awards set due_at = now(), under_way_until = null
     where state in ('PENDING', 'UNCERTAIN') and sent_at is not null`,
  );
}

/** The credits of these awards in the Client's ledger, by reference. */
export function creditsOf({ sandbox }: Pick<TestGateway, "sandbox">, customerId: string) {
  return sandbox.client
    .ledger(customerId)
    .filter(({ type }) => type === "credit")
    .map(({ reference, points }) => ({ reference, points }));
}

/** Resolves after the ledger has received so many more credits. */
export async function creditsSent({ sandbox }: Pick<TestGateway, "sandbox">, count: number): Promise<void> {
  const since = sandbox.calls.since(0).at(-1)?.seq ?? 0;
  const sent = new Set<number>();
  await sandbox.calls.waitFor(
    ({ seq, operation }) => seq > since && operation === "credit" && sent.add(seq).size >= count,
  );
}
