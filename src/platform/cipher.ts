import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, randomBytes } from "node:crypto";

/** A secret during its rotation: `current` encrypts and decrypts, `fallback` only decrypts. */
export interface RotatedSecret {
  readonly current: string;
  readonly fallback: string | undefined;
}

/** The keyed hashes under which a text may be stored: by the current secret and, during a rotation, by the fallback. */
export type KeyedHashes = readonly [Uint8Array<ArrayBuffer>, ...Uint8Array<ArrayBuffer>[]];

/** Keys for one purpose, derived from a secret. A cipher for one purpose cannot decrypt the content of another. */
export interface Cipher {
  /** AES-256-GCM with the current secret. Decryption needs the same `context`, such as the id of the row. */
  encrypt(text: string, context: string): Uint8Array<ArrayBuffer>;
  /** Throws if the content was altered, moved to another context or encrypted with an unknown secret. */
  decrypt(sealed: Uint8Array, context: string): string;
  /** Whether the current secret decrypts the content. */
  isCurrent(sealed: Uint8Array, context: string): boolean;
  /** Keyed hash with the current secret: it finds equal texts without revealing them. */
  hash(text: string): Uint8Array<ArrayBuffer>;
  /** Keyed hashes with both secrets, the current one's first. */
  hashes(text: string): KeyedHashes;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "tessera", purpose, 32));
}

/** @param secret a secret, or a pair of secrets during a rotation */
export function makeCipher(secret: string | RotatedSecret, purpose: string): Cipher {
  const { current, fallback } = typeof secret === "string" ? { current: secret, fallback: undefined } : secret;
  const own = cipherOf(current, purpose);
  const earlier = fallback === undefined ? undefined : cipherOf(fallback, purpose);
  const isCurrent = (sealed: Uint8Array, context: string) => {
    try {
      own.decrypt(sealed, context);
      return true;
    } catch {
      return false;
    }
  };
  return {
    ...own,
    isCurrent,
    decrypt(sealed, context) {
      return earlier && !isCurrent(sealed, context) ? earlier.decrypt(sealed, context) : own.decrypt(sealed, context);
    },
    hashes: (text) => [own.hash(text), ...(earlier ? [earlier.hash(text)] : [])],
  };
}

function cipherOf(secret: string, purpose: string): Pick<Cipher, "encrypt" | "decrypt" | "hash"> {
  const encryptionKey = createSecretKey(deriveKey(secret, `${purpose}/encrypt`));
  const hashKey = createSecretKey(deriveKey(secret, `${purpose}/hash`));
  return {
    encrypt(text, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", encryptionKey, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return new Uint8Array(Buffer.concat([nonce, cipher.getAuthTag(), body]));
    },
    decrypt(sealed, context) {
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", encryptionKey, nonce, { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(context))
        .setAuthTag(tag);
      const body = sealed.subarray(NONCE_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
    },
    hash(text) {
      return new Uint8Array(createHmac("sha256", hashKey).update(text).digest());
    },
  };
}
