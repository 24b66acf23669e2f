import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, randomBytes } from "node:crypto";

/** A secret while it is replaced: the current value is written with, the fallback is only read with. */
export interface RotatedSecret {
  readonly current: string;
  readonly fallback: string | undefined;
}

/** The keyed hashes that a text may be stored under: the current secret's, and the fallback's if there is one. */
export type KeyedHashes = readonly [Uint8Array<ArrayBuffer>, ...Uint8Array<ArrayBuffer>[]];

/** Keys for one purpose, derived from a secret. Boxes of different purposes cannot open each other's content. */
export interface Cipher {
  /** AES-256-GCM with the current secret. `context` (the id of the row it is stored in, say) must be given again to decrypt. */
  encrypt(text: string, context: string): Uint8Array<ArrayBuffer>;
  /** Throws when the content was altered, moved to another context or made with a key that is neither secret's. */
  decrypt(sealed: Uint8Array, context: string): string;
  /** Whether the content opens with the current secret. */
  isCurrent(sealed: Uint8Array, context: string): boolean;
  /** Keyed hash by the current secret: equal texts can be found without being readable. */
  hash(text: string): Uint8Array<ArrayBuffer>;
  /** The same by each secret, the current one's first. */
  hashes(text: string): KeyedHashes;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "tessera", purpose, 32));
}

/** @param secret a secret, or one that is being replaced */
export function makeCipher(secret: string | RotatedSecret, purpose: string): Cipher {
  const { current, fallback } = typeof secret === "string" ? { current: secret, fallback: undefined } : secret;
  const box = cipherOf(current, purpose);
  const earlier = fallback === undefined ? undefined : cipherOf(fallback, purpose);
  const isCurrent = (sealed: Uint8Array, context: string) => {
    try {
      box.decrypt(sealed, context);
      return true;
    } catch {
      return false;
    }
  };
  return {
    ...box,
    isCurrent,
    decrypt(sealed, context) {
      return earlier && !isCurrent(sealed, context) ? earlier.decrypt(sealed, context) : box.decrypt(sealed, context);
    },
    hashes: (text) => [box.hash(text), ...(earlier ? [earlier.hash(text)] : [])],
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
