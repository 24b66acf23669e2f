import { isDeepStrictEqual } from "node:util";
import { type Refused, refusal, refused } from "../domain/refusal.ts";
import { type Address, readAddress } from "../order/index.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction, type Prisma, type Tx } from "../platform/db.ts";

export interface SavedAddress {
  id: string;
  customerId: string;
  address: Address;
  usedAt: Date;
}

const MOST = 20;

export interface SavedAddresses {
  /** The last used one first. */
  of(customerId: string): Promise<SavedAddress[]>;
  /** @param id of the saved address to change; null saves a new one */
  save(customerId: string, id: string | null, input: unknown): Promise<SavedAddress | Refused>;
  remove(customerId: string, id: string): Promise<void>;
}

export function makeSavedAddresses({ db, clock }: { db: Db; clock: Clock }): SavedAddresses {
  const read = async (tx: Tx, customerId: string): Promise<SavedAddress[]> => {
    const rows = await tx.savedAddress.findMany({
      where: { customerId },
      orderBy: [{ usedAt: "desc" }, { id: "desc" }],
      take: MOST,
    });
    return rows.map(toSaved);
  };

  return {
    of: (customerId) => read(db, customerId),

    async save(customerId, id, input) {
      const found = readAddress(input);
      if ("refusals" in found) {
        const [first, ...others] = found.refusals.map((each) => ({ ...each, field: atInput(each.field) }));
        return refused(first as (typeof found.refusals)[number], ...others);
      }
      const address = { ...found.address };
      return inTransaction({ db, lane: `customer ${customerId}` }, async (tx): Promise<SavedAddress | Refused> => {
        await tx.$queryRaw`select from customers where customer_id = ${customerId} for update`; // serialises changes
        const known = await read(tx, customerId);
        const data = { address: address as unknown as Prisma.InputJsonObject, usedAt: clock.now() };
        const wanted = known.find((saved) =>
          id === null ? isDeepStrictEqual(saved.address, address) : saved.id === id,
        );
        if (wanted) return toSaved(await tx.savedAddress.update({ where: { id: wanted.id }, data }));
        if (id !== null) return refused(refusal("ADDRESS_NOT_FOUND", "Saved address not found.", ["input", "id"]));
        const surplus = known.slice(MOST - 1).map((saved) => saved.id);
        if (surplus.length > 0) await tx.savedAddress.deleteMany({ where: { id: { in: surplus } } });
        return toSaved(await tx.savedAddress.create({ data: { ...data, customerId, createdAt: data.usedAt } }));
      });
    },

    async remove(customerId, id) {
      await db.savedAddress.deleteMany({ where: { customerId, id } });
    },
  };
}

const toSaved = ({ id, customerId, address, usedAt }: Prisma.SavedAddressGetPayload<object>): SavedAddress => ({
  id,
  customerId,
  address: address as unknown as Address,
  usedAt,
});

/** The path within this mutation's input. */
const atInput = (field: readonly string[] | undefined) => ["input", "address", ...(field ?? []).slice(2)];
