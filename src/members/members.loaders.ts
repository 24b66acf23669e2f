import DataLoader from "dataloader";
import type { Db } from "../platform/db.ts";
import type { Identity } from "./identity.ts";

/** An id of a producer that is linked to a customer. */
export interface LinkedId extends Identity {
  createdAt: Date;
}

export interface MembersLoaders {
  /** By customer, the oldest first. */
  linkedIds: DataLoader<string, LinkedId[]>;
}

export function membersLoaders(db: Db, options: { cache: boolean }): MembersLoaders {
  return {
    linkedIds: new DataLoader<string, LinkedId[]>(async (customerIds) => {
      const rows = await db.memberIdentity.findMany({
        where: { member: { customerId: { in: [...customerIds] } } },
        include: { member: { select: { customerId: true } } },
        orderBy: [{ createdAt: "asc" }, { kind: "asc" }, { value: "asc" }],
      });
      const groups = Map.groupBy(rows, ({ member }) => member.customerId);
      return customerIds.map((id) => groups.get(id) ?? []);
    }, options),
  };
}
