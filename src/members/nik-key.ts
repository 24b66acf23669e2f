import { ConfigError } from "../config/config.ts";
import { deriveKey, makeCipher, type RotatedSecret } from "../platform/cipher.ts";
import { type Db, Prisma } from "../platform/db.ts";

/** The row of `data_keys`, and the context that its key is encrypted for. */
const PURPOSE = "nik";

/** The cipher of `data_keys`. */
export const dataKeyCipher = (secrets: RotatedSecret) => makeCipher(secrets, "data-key");

/**
 * The key of the hashes of national ids. The ids are not stored, so their hashes cannot be computed again with another
 * key: the key stays, and a new VOUCHER_SECRET encrypts it anew. A database of an earlier version has no key yet: the
 * key of its hashes is derived from the secret and stored.
 *
 * @throws ConfigError if neither secret decrypts the key, or if it is unclear which of two secrets the stored hashes
 * belong to
 */
export async function openNikKey(options: {
  db: Db;
  secrets: RotatedSecret;
  /** A standby database cannot store the key. */
  isReadOnly: boolean;
}): Promise<Uint8Array> {
  const { db, secrets, isReadOnly } = options;
  const cipher = dataKeyCipher(secrets);
  const open = (sealed: Uint8Array) => {
    try {
      return Buffer.from(cipher.decrypt(sealed, PURPOSE), "base64");
    } catch {
      throw new ConfigError(
        "VOUCHER_SECRET: does not decrypt the key of national ids in this database. Set it, or VOUCHER_SECRET_FALLBACK, to the secret that was in use before.",
      );
    }
  };
  const find = () => db.dataKey.findUnique({ where: { purpose: PURPOSE } });
  const stored = await find();
  if (stored) return open(stored.sealed);

  if (secrets.fallback !== undefined && (await hasNiks(db))) {
    throw new ConfigError(
      "VOUCHER_SECRET_FALLBACK, SESSION_SECRET_FALLBACK: start this version once without them, with the secrets of the version before. Replace the secrets afterwards.",
    );
  }
  const key = deriveKey(secrets.current, "nik/hash");
  if (isReadOnly) return key;
  const sealed = cipher.encrypt(key.toString("base64"), PURPOSE);
  await db.dataKey.createMany({ data: [{ purpose: PURPOSE, sealed }], skipDuplicates: true });
  const first = await find(); // another process may have been faster
  return first ? open(first.sealed) : key;
}

async function hasNiks(db: Db): Promise<boolean> {
  const [row] = await db.$queryRaw<{ found: boolean }[]>(Prisma.sql`
    select exists (select from member_identities where kind = 'NIK')
        or exists (select from quarantined_rewards where nik_hash is not null) as found`);
  return row?.found ?? false;
}
