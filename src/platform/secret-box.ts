import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, randomBytes } from "node:crypto";

/** Keys for one purpose, derived from the session secret. Boxes of different purposes cannot open each other's content. */
export interface SecretBox {
  /** AES-256-GCM. `context` (the id of the row it is stored in, say) must be given again to decrypt. */
  encrypt(text: string, context: string): Uint8Array<ArrayBuffer>;
  /** Throws when the content was altered, moved to another context or made with another key. */
  decrypt(sealed: Uint8Array, context: string): string;
  /** Keyed hash: equal texts can be found without being readable. */
  hash(text: string): Uint8Array<ArrayBuffer>;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "tessera", purpose, 32));
}

export function makeSecretBox(secret: string, purpose: string): SecretBox {
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
