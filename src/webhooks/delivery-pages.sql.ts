import type { WebhookDeliveryState } from "../domain/generated/words.ts";
import type { PageBounds } from "../graphql/connection.ts";
import { countRows, isAmong } from "../graphql/row-pages.sql.ts";
import { columnsOf } from "../platform/columns.ts";
import { type Db, Prisma, planEachTime } from "../platform/db.ts";
import type { Message } from "./webhook.store.ts";

export interface DeliveryQuery {
  webhookId: string;
  states?: readonly WebhookDeliveryState[] | null | undefined;
}

const columns = columnsOf(Prisma.WebhookMessageScalarFieldEnum);

/** The newest first. */
export function readDeliveries(db: Db, query: DeliveryQuery, page: PageBounds<readonly [bigint]>): Promise<Message[]> {
  const { limit, after, before, backwards } = page;
  const direction = backwards ? Prisma.sql`asc` : Prisma.sql`desc`;
  const conditions = [
    ...conditionsOf(query),
    ...(after ? [Prisma.sql`seq < ${after[0]}`] : []),
    ...(before ? [Prisma.sql`seq > ${before[0]}`] : []),
  ];
  return db.$queryRaw(
    planEachTime(Prisma.sql`
      select ${columns} from webhook_messages where ${Prisma.join(conditions, " and ")} order by seq ${direction} limit ${limit}`),
  );
}

/** @returns up to 1 more than `MAX_COUNT` */
export const countDeliveries = (db: Db, query: DeliveryQuery): Promise<number> =>
  countRows(db, Prisma.sql`webhook_messages where ${Prisma.join(conditionsOf(query), " and ")}`);

/** Each state but the most frequent has a partial index, in the order of the list. */
const conditionsOf = ({ webhookId, states }: DeliveryQuery): Prisma.Sql[] => [
  Prisma.sql`webhook_id = ${webhookId}::uuid`,
  ...(states ? [isAmong("state", "webhook_message_state", states)] : []),
];
