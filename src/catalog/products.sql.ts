import { type Db, Prisma, planEachTime } from "../platform/db.ts";

/** A reward with the fields of the REST API. */
export interface Product {
  number: number;
  sku: string;
  points: number;
  /** Units left; null means unlimited. */
  stock: number | null;
  /** Whether a customer can redeem it now. */
  isActive: boolean;
}

/** Reads the rewards that a customer's own wallet can pay for, by ascending number, without archived ones. */
export type ReadProducts = (page: { afterNumber: number; limit: number; now: Date }) => Promise<Product[]>;

export function makeReadProducts(db: Db): ReadProducts {
  return ({ afterNumber, limit, now }) =>
    // Ordered by the column: the converted output has the same name but no index.
    db.$queryRaw(
      planEachTime(Prisma.sql`
      select number::float8 as number, sku, points::float8 as points, stock,
        (active and (valid_from is null or valid_from <= ${now}) and (valid_until is null or valid_until > ${now})
          and stock is distinct from 0) as "isActive"
      from rewards
      where number > ${afterNumber} and archived_at is null and payable_with @> '{INDIVIDUAL}'::wallet_kind[]
      order by rewards.number limit ${limit}`),
    );
}
