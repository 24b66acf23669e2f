import { type Db, inTransaction } from "../platform/db.ts";

/**
 * Processes of the version without jobs write a heartbeat into `saga_executors`. A living process of that version continues
 * its orders itself.
 */
const OLD_PROCESS_GONE_AFTER_SECONDS = 10;

/**
 * Inserts the missing jobs of orders in progress: an older version of the program recorded their steps in another
 * system. The rows of the order determine the next step.
 * @returns the number of jobs
 */
export function adoptOrders(db: Db): Promise<number> {
  return inTransaction(db, async (tx) => {
    const [old] = await tx.$queryRaw<{ areAlive: boolean }[]>`
      select exists (select from saga_executors
        where heartbeat_at > now() - make_interval(secs => ${OLD_PROCESS_GONE_AFTER_SECONDS})) as "areAlive"`;
    if (old?.areAlive) return 0;
    return tx.$executeRaw`
      insert into jobs (id, type, input)
      select 'place:' || o.id, 'place-order', jsonb_build_object('orderId', o.id, 'movementId', m.id)
      from orders o
      left join points_movements m on m.order_id = o.id and m.kind = 'TAKEN' and m.ledger = 'CLIENT'
      where o.status in ('PENDING', 'PROCESSING') and (
          o.status = 'PENDING' and coalesce(m.state, 'CONFIRMED') in ('PENDING', 'UNCERTAIN', 'CONFIRMED')
          or o.status = 'PROCESSING' and exists (
            select from order_lines l join order_units u on u.line_id = l.id left join unit_issues i on i.unit_id = u.id
            where l.order_id = o.id and u.state = 'PENDING' and coalesce(i.state, 'PENDING') in ('PENDING', 'UNCERTAIN'))
        ) and not exists (select from jobs where id in ('place:' || o.id, 'place:' || o.id || ':resolved'))
      union all
      select 'return:' || m.id, 'return-points', jsonb_build_object('orderId', m.order_id, 'movementId', m.id)
      from points_movements m
      where m.kind = 'RETURNED' and m.ledger = 'CLIENT' and m.state in ('PENDING', 'UNCERTAIN')
        and not exists (select from jobs where id = 'return:' || m.id)
      union all
      select 'revoke:' || i.unit_id, 'revoke', jsonb_build_object('orderId', i.order_id, 'unitIds', jsonb_build_array(i.unit_id))
      from unit_issues i
      where i.revoke_state in ('PENDING', 'UNCERTAIN')
        and not exists (select from jobs where type = 'revoke' and input -> 'unitIds' ? i.unit_id::text)
      on conflict (id) do nothing`;
  });
}

/**
 * Drops the tables of DBOS, that version's workflow engine, once its orders have jobs and none of its processes lives.
 * Tables that another program uses too stay.
 */
export async function dropOldEngine(db: Db): Promise<void> {
  const [old] = await db.$queryRaw<{ isThere: boolean; areAlive: boolean }[]>`
    select to_regclass('dbos.workflow_status') is not null as "isThere", exists (select from saga_executors
      where heartbeat_at > now() - make_interval(secs => ${OLD_PROCESS_GONE_AFTER_SECONDS})) as "areAlive"`;
  if (!old?.isThere || old.areAlive) return;
  const [others] = await db.$queryRaw<{ exist: boolean }[]>`
    select exists (select from dbos.workflow_status where name <> all(${OLD_WORKFLOWS}::text[])) as exist`;
  if (others?.exist) return;
  await db.$executeRaw`drop schema if exists dbos cascade`;
}

const OLD_WORKFLOWS = ["place-order", "return-points", "revoke"];
