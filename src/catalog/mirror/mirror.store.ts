import { randomUUID } from "node:crypto";
import { type Db, inTransaction, Prisma, type Tx } from "../../platform/db.ts";
import type { RewardTexts } from "../../texts/index.ts";
import { imagePath } from "./image/image-route.ts";
import type { MirroredReward } from "./mirrored-reward.ts";

export interface SyncCounts {
  added: number;
  /** Includes returned rewards. */
  changed: number;
  archived: number;
}

export interface MirrorStore {
  /** Capillary's ids of the rewards that are not archived. */
  listed(): Promise<Set<string>>;
  /** Stores the listed rewards and archives the given ids; rewards archived by an operator stay archived. */
  write(rewards: readonly MirroredReward[], vanished: readonly string[], now: Date): Promise<SyncCounts>;
  /**
   * The ids of rewards on offer whose full definition is unread, or was read before their last change or before
   * `before`.
   */
  withoutDetails(options: { before: Date; limit: number }): Promise<string[]>;
  /** Stores fields of the full definition; absent ones keep their value. */
  writeDetails(upstreamId: string, details: RewardDetails, now: Date): Promise<void>;
  /** Stores prices and dates that were read between two runs. */
  refresh(rewards: readonly RewardTerms[], now: Date): Promise<void>;
  recordRun(run: SyncCounts & { problem: string | null; ranAt: Date }): Promise<void>;
  lastRun(): Promise<LastRun | null>;
}

export type RewardTerms = Pick<
  MirroredReward,
  "upstreamId" | "points" | "payableWith" | "paymentConfigs" | "validFrom" | "validUntil"
>;
export type RewardDetails = Pick<MirroredReward, "description" | "terms"> & {
  /** By language; null if they were not read. */
  texts: Record<string, RewardTexts> | null;
};

export interface LastRun extends SyncCounts {
  ranAt: Date;
  succeededAt: Date | null;
  problem: string | null;
}

/** The number of rewards in one statement. */
const BATCH_SIZE = 1_000;
const source = "CAPILLARY";

export function makeMirrorStore(db: Db): MirrorStore {
  return {
    async listed() {
      const rows = await db.$queryRaw<{ id: string }[]>`
        select upstream_id as id from rewards where source = 'CAPILLARY' and archived_at is null`;
      return new Set(rows.map(({ id }) => id));
    },

    write: (rewards, vanished, now) =>
      inTransaction(db, async (tx) => {
        const counts: SyncCounts = { added: 0, changed: 0, archived: 0 };
        for (let at = 0; at < rewards.length; at += BATCH_SIZE) {
          const given = asTable(rewards.slice(at, at + BATCH_SIZE));
          counts.changed += await update(tx, given, now);
          counts.added += await insert(tx, given, now);
          await touch(tx, given, now);
        }
        if (vanished.length > 0) {
          counts.archived = await tx.$executeRaw`
            update rewards set archived_at = ${now}, vanished_at = ${now}, updated_at = ${now}
            where source = 'CAPILLARY' and archived_at is null and upstream_id = any(${[...vanished]}::text[])`;
        }
        return counts;
      }),

    async withoutDetails({ before, limit }) {
      const rows = await db.$queryRaw<{ id: string }[]>`
        select upstream_id as id from rewards
        where source = 'CAPILLARY' and archived_at is null
          and (detailed_at is null or detailed_at < updated_at or detailed_at < ${before})
        order by detailed_at nulls first, id limit ${limit}`;
      return rows.map(({ id }) => id);
    },

    async writeDetails(upstreamId, { description, terms, texts }, now) {
      const where = { source_upstreamId: { source, upstreamId } } as const;
      const detail = {
        ...(description !== null && { description }),
        ...(terms !== null && { terms }),
        ...(texts !== null && { texts: texts as unknown as Prisma.InputJsonObject }),
      };
      await db.reward.update({ where, data: { ...detail, detailedAt: now, updatedAt: now } });
    },

    async refresh(rewards, now) {
      for (const { upstreamId, ...terms } of rewards) {
        const where = { source_upstreamId: { source, upstreamId } } as const;
        const paymentConfigs = terms.paymentConfigs.map((config) => ({ ...config }));
        await db.reward.update({ where, data: { ...terms, paymentConfigs, updatedAt: now } });
      }
    },

    async recordRun({ problem, ranAt, added, changed, archived }) {
      const run = { ranAt, problem, added, changed, archived, ...(problem === null && { succeededAt: ranAt }) };
      await db.catalogSync.upsert({ where: { source }, create: { source, ...run }, update: run });
    },

    lastRun: () => db.catalogSync.findUnique({ where: { source } }),
  };
}

/** All rewards are one parameter, so that the statement's text is constant. */
function asTable(rewards: readonly MirroredReward[]): Prisma.Sql {
  const rows = JSON.stringify(
    rewards.map(({ sku, ...reward }) => {
      const id = randomUUID();
      return { id, sku, imageUrl: imagePath(id), ...reward };
    }),
  );
  return Prisma.sql`jsonb_to_recordset(${rows}::jsonb) as given (
    id uuid, "upstreamId" text, sku text, name text, description text, kind reward_kind, points bigint, brand text, category text,
    terms text, "validFrom" timestamptz, "validUntil" timestamptz, active boolean, "payableWith" wallet_kind[],
    "paymentConfigs" jsonb, "imageUrl" text, "upstreamImageUrl" text)`;
}

/** Without a description from Capillary, the description defaults to the reward's name. */
const description = Prisma.sql`
  coalesce(given.description, case when r.description = r.name then given.name else r.description end)`;

/** Operators' overlays take precedence over Capillary's values. */
const category = Prisma.sql`coalesce((select o.category from reward_overlays o where o.reward_id = r.id), given.category)`;
const active = Prisma.sql`
  (given.active and not coalesce((select o.hidden from reward_overlays o where o.reward_id = r.id), false))`;

/**
 * Updates only differing rows, so that an unchanged catalogue causes no index writes. Fields absent from the list keep
 * their value.
 */
const update = (tx: Tx, given: Prisma.Sql, now: Date) => tx.$executeRaw`
  update rewards r set
    name = given.name, description = ${description}, kind = given.kind, points = given.points,
    brand = given.brand, category = ${category}, terms = coalesce(given.terms, r.terms), valid_from = given."validFrom",
    valid_until = given."validUntil", active = ${active}, payable_with = given."payableWith",
    payment_configs = given."paymentConfigs", updated_at = ${now},
    archived_at = case when r.vanished_at is null then r.archived_at end, vanished_at = null
  from ${given}
  where r.source = 'CAPILLARY' and r.upstream_id = given."upstreamId" and (
    r.vanished_at is not null or
    (r.name, r.description, r.kind, r.points, r.brand, r.category, r.terms, r.valid_from, r.valid_until, r.active,
     r.payable_with, r.payment_configs)
    is distinct from
    (given.name, ${description}, given.kind, given.points, given.brand, ${category},
     coalesce(given.terms, r.terms), given."validFrom"::timestamptz(3), given."validUntil"::timestamptz(3), ${active},
     given."payableWith", given."paymentConfigs"))`;

/** Leaves out a reward whose SKU is taken: it must not replace an own reward. */
const insert = (tx: Tx, given: Prisma.Sql, now: Date) => tx.$executeRaw`
  insert into rewards (id, sku, source, upstream_id, name, description, kind, points, brand, category, image_url, terms,
    valid_from, valid_until, active, payable_with, payment_configs, created_at, updated_at)
  select id, sku, 'CAPILLARY', "upstreamId", name, coalesce(description, name), kind, points, brand, category, "imageUrl", terms,
    "validFrom", "validUntil", active, "payableWith", "paymentConfigs", ${now}, ${now}
  from ${given}
  where not exists (select from rewards r where r.source = 'CAPILLARY' and r.upstream_id = given."upstreamId")
  on conflict do nothing`;

/** Not a change of the reward: neither column is indexed, and a signed URL differs each time. */
const touch = (tx: Tx, given: Prisma.Sql, now: Date) => tx.$executeRaw`
  update rewards r set seen_at = ${now}, upstream_image_url = coalesce(given."upstreamImageUrl", r.upstream_image_url)
  from ${given}
  where r.source = 'CAPILLARY' and r.upstream_id = given."upstreamId"`;
