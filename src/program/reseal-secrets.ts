import { Buffer } from "node:buffer";
import { operatorTotpCipher } from "../auth/index.ts";
import { makeVoucherVault } from "../catalog/index.ts";
import type { Config } from "../config/config.ts";
import { dataKeyCipher } from "../members/index.ts";
import { type Cipher, makeCipher } from "../platform/cipher.ts";
import { type Db, inTransaction, Prisma, violates } from "../platform/db.ts";
import { pushCipher } from "../push/index.ts";

/** The result for one kind of stored ciphertexts. */
export interface Resealed {
  kind: string;
  /** The number of ciphertexts encrypted anew with the current secret. */
  resealed: number;
  /** The number of ciphertexts that already used the current secret. */
  current: number;
  /** Rows that keep their old ciphertext, with the reason. */
  problems: { id: string; problem: string }[];
}

interface StoredSecrets {
  kind: string;
  table: string;
  key: { column: string; type: "uuid" | "text" };
  /** The columns to encrypt anew. The first one shows whether a row is done. */
  columns: readonly string[];
  isCurrent(row: Row): boolean;
  /** @returns the new bytes of `columns` @throws if no secret decrypts the old ones */
  reseal(row: Row): (Uint8Array | null)[];
}

interface Row {
  id: string;
  values: readonly (Uint8Array | null)[];
}

/** Small, so that no statement holds its locks for long. */
const BATCH = 200;
const UUID_MIN = "00000000-0000-0000-0000-000000000000";

/**
 * Encrypts stored ciphertexts of the fallback secrets anew with the current ones: the points provider's tokens of
 * sessions and orders, push subscriptions, operators' authenticator apps, voucher codes, draws' seeds and the key of national ids. Gateways
 * may run at the same time; a row that changes concurrently keeps its change, and the next run processes it. Repeated
 * runs are safe.
 */
export async function resealSecrets(
  db: Db,
  secrets: Pick<Config, "sessionSecrets" | "voucherSecrets">,
): Promise<Resealed[]> {
  const results: Resealed[] = [];
  for (const stored of storedSecrets(secrets)) results.push(await resealAll(db, stored));
  return results;
}

function storedSecrets({ sessionSecrets, voucherSecrets }: Pick<Config, "sessionSecrets" | "voucherSecrets">) {
  const vault = makeCipher(voucherSecrets, "voucher");
  const { open } = makeVoucherVault(vault);
  const one = (kind: string, table: string, column: string, key: StoredSecrets["key"], cipher: Cipher) => ({
    kind,
    table,
    key,
    columns: [column],
    isCurrent: ({ id, values: [sealed] }: Row) => sealed == null || cipher.isCurrent(sealed, id),
    reseal: ({ id, values: [sealed] }: Row) => [sealed == null ? null : cipher.encrypt(cipher.decrypt(sealed, id), id)],
  });
  const webhookCipher = makeCipher(voucherSecrets, "webhook");
  const uuid = { column: "id", type: "uuid" } as const;
  const list: StoredSecrets[] = [
    one("tokens of sessions", "sessions", "client_token", uuid, makeCipher(sessionSecrets, "client-token/session")),
    one("tokens of orders", "orders", "client_token", uuid, makeCipher(sessionSecrets, "client-token/order")),
    one("push subscriptions", "push_subscriptions", "sealed", uuid, pushCipher(sessionSecrets)),
    one("operators' authenticator apps", "operator_accounts", "totp_secret", uuid, operatorTotpCipher(sessionSecrets)),
    {
      kind: "voucher codes",
      table: "voucher_codes",
      key: uuid,
      columns: ["code", "pin", "code_hash"],
      isCurrent: ({ id, values: [code] }) => code != null && vault.isCurrent(code, `${id}/code`),
      reseal({ id, values: [sealedCode, sealedPin] }) {
        const { code, pin } = open({
          id,
          code: new Uint8Array(sealedCode ?? []),
          pin: sealedPin ? new Uint8Array(sealedPin) : null,
        });
        return [
          vault.encrypt(code, `${id}/code`),
          pin === null ? null : vault.encrypt(pin, `${id}/pin`),
          vault.hash(code),
        ];
      },
    },
    one(
      "seeds of draws",
      "draw_campaigns",
      "seed",
      { column: "id", type: "text" },
      makeCipher(voucherSecrets, "draw-seed"),
    ),
    {
      kind: "secrets of webhooks",
      table: "webhooks",
      key: uuid,
      columns: ["secret", "last_secret"],
      isCurrent: ({ id, values }) => values.every((sealed) => sealed === null || webhookCipher.isCurrent(sealed, id)),
      reseal: ({ id, values }) =>
        values.map((sealed) => sealed && webhookCipher.encrypt(webhookCipher.decrypt(sealed, id), id)),
    },
    one("data keys", "data_keys", "sealed", { column: "purpose", type: "text" }, dataKeyCipher(voucherSecrets)),
  ];
  return list;
}

async function resealAll(db: Db, stored: StoredSecrets): Promise<Resealed> {
  const result: Resealed = { kind: stored.kind, resealed: 0, current: 0, problems: [] };
  for (let after = stored.key.type === "uuid" ? UUID_MIN : ""; ; ) {
    const rows = await readBatch(db, stored, after);
    const changes: Change[] = [];
    for (const row of rows) {
      if (stored.isCurrent(row)) {
        result.current += 1;
        continue;
      }
      try {
        changes.push({ row, values: stored.reseal(row) });
      } catch {
        result.problems.push({ id: row.id, problem: "neither the secret nor its fallback opens it" });
      }
    }
    await write(db, stored, changes, result);
    const last = rows.at(-1);
    if (!last || rows.length < BATCH) return result;
    after = last.id;
  }
}

interface Change {
  row: Row;
  values: (Uint8Array | null)[];
}

async function write(db: Db, stored: StoredSecrets, changes: Change[], result: Resealed): Promise<void> {
  try {
    result.resealed += await writeBatch(db, stored, changes);
  } catch (error) {
    if (!violates(error, "voucher_codes_pool_once")) throw error;
    if (changes.length === 1) {
      const problem = "the reward's pool has this code a second time: withdraw one of the two, and run this again";
      result.problems.push({ id: changes[0]?.row.id ?? "", problem });
      return;
    }
    for (const change of changes) await write(db, stored, [change], result);
  }
}

const name = (identifier: string) => Prisma.raw(`"${identifier}"`);

async function readBatch(db: Db, { table, key, columns }: StoredSecrets, after: string): Promise<Row[]> {
  const selected = Prisma.join(columns.map((column, nth) => Prisma.sql`${name(column)} as ${name(`v${nth}`)}`));
  const rows = await db.$queryRaw<Record<string, unknown>[]>`
    select ${name(key.column)}::text as id, ${selected} from ${name(table)}
    where ${name(key.column)} > ${after}::${Prisma.raw(key.type)} and ${name(columns[0] ?? "")} is not null
    order by ${name(key.column)} limit ${BATCH}`;
  return rows.map((row) => ({
    id: String(row["id"]),
    values: columns.map((_, nth) => row[`v${nth}`] as Uint8Array | null),
  }));
}

/** @returns the number of written rows; rows that changed concurrently are not written */
async function writeBatch(db: Db, { table, key, columns }: StoredSecrets, changes: readonly Change[]): Promise<number> {
  if (changes.length === 0) return 0;
  const [first = ""] = columns;
  const ids = changes.map(({ row }) => row.id);
  const old = changes.map(({ row }) => Buffer.from(row.values[0] ?? []));
  const lists = columns.map((_, nth) => changes.map(({ values }) => values[nth] && Buffer.from(values[nth])));
  const assignments = Prisma.join(
    columns.map((column, nth) => Prisma.sql`${name(column)} = changed.${name(`v${nth}`)}`),
  );
  const newNames = Prisma.join(columns.map((_, nth) => name(`v${nth}`)));
  const newLists = Prisma.join(lists.map((list) => Prisma.sql`${list}::bytea[]`));
  return inTransaction(
    db,
    (tx) => tx.$executeRaw`
      update ${name(table)} as stored set ${assignments}
      from unnest(${ids}::${Prisma.raw(key.type)}[], ${old}::bytea[], ${newLists}) as changed (id, old, ${newNames})
      where stored.${name(key.column)} = changed.id and stored.${name(first)} = changed.old`,
  );
}
