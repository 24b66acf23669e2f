import { createHash, randomUUID } from "node:crypto";
import type { PageBounds } from "../../graphql/connection.ts";
import { countRows, inSequence, readRowIds } from "../../graphql/row-pages.sql.ts";
import type { Problem } from "../../messages/notes.ts";
import { type Db, Prisma } from "../../platform/db.ts";
import type { QuarantinedReward } from "../../platform/generated/prisma/client.ts";
import type { MessageSource } from "../read-message.ts";

export type { QuarantinedReward };

export interface Refused {
  /** Without national ids. */
  readonly payload: string;
  readonly nikHash: string | null;
  readonly ticketId: string | null;
  readonly problems: readonly Problem[];
  readonly source: MessageSource;
  readonly actor: string;
}

/** Stores a refused message. A repetition of it updates the same row. @returns the row's id */
export async function quarantine(db: Db, { problems, ...refused }: Refused, now: Date): Promise<string> {
  const fingerprint = createHash("sha256")
    .update(JSON.stringify([refused.payload, refused.nikHash]))
    .digest("hex");
  const seen = {
    problems: problems as unknown as Prisma.InputJsonArray,
    lastReceivedAt: now,
  };
  const { id } = await db.quarantinedReward.upsert({
    where: { fingerprint },
    create: { id: randomUUID(), fingerprint, ...refused, ...seen, receivedAt: now },
    update: { ...seen, times: { increment: 1 } },
    select: { id: true },
  });
  return id;
}

export type QuarantineCursor = readonly [receivedAt: string, id: string];

export interface QuarantinePages {
  byId(id: string): Promise<QuarantinedReward | null>;
  /** Newest first. */
  page(wanted: { openOnly: boolean }, page: PageBounds<QuarantineCursor>): Promise<QuarantinedReward[]>;
  /** Counts up to `MAX_COUNT + 1`. */
  count(wanted: { openOnly: boolean }): Promise<number>;
}

export function makeQuarantinePages(db: Db): QuarantinePages {
  const rows = ({ openOnly }: { openOnly: boolean }) => ({
    table: Prisma.sql`quarantined_rewards`,
    where: openOnly ? Prisma.sql`redriven_at is null` : Prisma.sql`true`,
    at: Prisma.sql`received_at`,
  });
  return {
    byId: (id) => db.quarantinedReward.findUnique({ where: { id } }),
    async page(wanted, bounds) {
      const ids = await readRowIds(db, rows(wanted), bounds);
      return inSequence(ids, await db.quarantinedReward.findMany({ where: { id: { in: ids } } }));
    },
    count(wanted) {
      const { table, where } = rows(wanted);
      return countRows(db, Prisma.sql`${table} where ${where}`);
    },
  };
}
