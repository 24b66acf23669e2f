import type { KeyedHashes } from "../../platform/cipher.ts";
import type { Tx } from "../../platform/db.ts";

/** Records that the account has signed in from this browser. */
export async function knowDevice(tx: Tx, accountId: string, hashes: KeyedHashes, usedAt: Date): Promise<void> {
  const { count } = await tx.operatorDevice.updateMany({
    where: { accountId, deviceHash: { in: [...hashes] } },
    data: { usedAt },
  });
  if (count > 0) return;
  await tx.operatorDevice.createMany({ data: [{ accountId, deviceHash: hashes[0], usedAt }], skipDuplicates: true });
}
