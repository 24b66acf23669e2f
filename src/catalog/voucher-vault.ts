import { randomUUID } from "node:crypto";
import { ConfigError } from "../config/config.ts";
import type { Cipher, KeyedHashes } from "../platform/cipher.ts";
import type { Db } from "../platform/db.ts";

const SHOWN_CHARACTERS = 4;

/** Encrypts and decrypts voucher codes, which are worth cash. No other module can decrypt them. */
export interface VoucherVault {
  seal(voucher: {
    rewardId: string;
    code: string;
    pin?: string | undefined;
    validUntil?: string | undefined;
  }): SealedVoucher;
  /** The voucher's hashes by the current and the fallback secret. */
  codeHashes(code: string): KeyedHashes;
  open(sealed: Pick<SealedVoucher, "id" | "code" | "pin">): { code: string; pin: string | null };
}

/** A row of `voucher_codes`. */
export interface SealedVoucher {
  id: string;
  rewardId: string;
  code: Uint8Array<ArrayBuffer>;
  pin: Uint8Array<ArrayBuffer> | null;
  codeHash: Uint8Array<ArrayBuffer>;
  maskedCode: string;
  validUntil: Date | null;
}

export function makeVoucherVault(cipher: Cipher): VoucherVault {
  return {
    seal({ rewardId, code, pin, validUntil }) {
      const id = randomUUID();
      return {
        id,
        rewardId,
        code: cipher.encrypt(code, `${id}/code`),
        pin: pin === undefined ? null : cipher.encrypt(pin, `${id}/pin`),
        codeHash: cipher.hash(code),
        maskedCode: mask(code),
        validUntil: validUntil === undefined ? null : new Date(`${validUntil}T00:00:00Z`),
      };
    },
    codeHashes: (code) => cipher.hashes(code),
    open: ({ id, code, pin }) => ({
      code: cipher.decrypt(code, `${id}/code`),
      pin: pin === null ? null : cipher.decrypt(pin, `${id}/pin`),
    }),
  };
}

/**
 * @throws ConfigError if the codes in the database were encrypted with an unknown secret: the gateway must not run
 * without its vouchers
 */
export async function checkVault(vault: VoucherVault, db: Db): Promise<void> {
  const sealed = await db.voucherCode.findFirst();
  if (!sealed) return;
  try {
    vault.open(sealed);
  } catch {
    throw new ConfigError(
      "VOUCHER_SECRET: does not open the voucher codes in this database. Set it, or VOUCHER_SECRET_FALLBACK, to the secret that was in use when they were imported: VOUCHER_SECRET, or SESSION_SECRET where there was none.",
    );
  }
}

/** Shows the last characters, at most a third of a short code. */
function mask(code: string): string {
  const shown = Math.min(SHOWN_CHARACTERS, Math.floor(code.length / 3));
  return `${"•".repeat(8)}${shown > 0 ? code.slice(-shown) : ""}`;
}
