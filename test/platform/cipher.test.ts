import { describe, expect, test } from "vitest";
import { deriveKey, makeCipher } from "../../src/platform/cipher.ts";

const cipher = makeCipher("a session secret", "voucher");
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("a ciphertext", () => {
  test.each(["", "x", "CODE-1", "नमस्ते 🎁", "x".repeat(100_000)])("decrypts to its text: %.20s", (text) => {
    expect(cipher.decrypt(cipher.encrypt(text, "row-1"), "row-1")).toBe(text);
  });

  test("is decrypted by every process with the same secret", () => {
    expect(makeCipher("a session secret", "voucher").decrypt(cipher.encrypt("CODE-1", "row-1"), "row-1")).toBe(
      "CODE-1",
    );
  });

  test("differs each time and reveals nothing of the text", () => {
    const [one, other] = [cipher.encrypt("CODE-1", "row-1"), cipher.encrypt("CODE-1", "row-1")];
    expect(hex(one)).not.toBe(hex(other));
    expect(Buffer.from(one).includes("CODE-1")).toBe(false);
  });

  test("is refused in another place, for another purpose or with another secret", () => {
    const sealed = cipher.encrypt("CODE-1", "row-1");
    expect(() => cipher.decrypt(sealed, "row-2")).toThrow();
    expect(() => makeCipher("a session secret", "session").decrypt(sealed, "row-1")).toThrow();
    expect(() => makeCipher("another secret", "voucher").decrypt(sealed, "row-1")).toThrow();
  });

  test("is refused if any byte was changed", () => {
    const sealed = cipher.encrypt("CODE-1", "row-1");
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = sealed.map((byte, index) => (index === at ? byte ^ 1 : byte));
      expect(() => cipher.decrypt(changed, "row-1")).toThrow();
    }
  });

  test("is refused if a part is missing", () => {
    const sealed = cipher.encrypt("CODE-1", "row-1");
    for (const kept of [0, 1, 12, 20, 27, 28, sealed.length - 1]) {
      expect(() => cipher.decrypt(sealed.subarray(0, kept), "row-1")).toThrow();
    }
  });
});

describe("the hash of a text", () => {
  test("is the same each time, so that equal texts match", () => {
    expect(hex(cipher.hash("127.0.0.1"))).toBe(hex(makeCipher("a session secret", "voucher").hash("127.0.0.1")));
    expect(hex(cipher.hash("127.0.0.1"))).not.toBe(hex(cipher.hash("127.0.0.2")));
  });

  test("differs with another key", () => {
    const hashes = [cipher, makeCipher("a session secret", "session"), makeCipher("another secret", "voucher")];
    expect(new Set(hashes.map((each) => hex(each.hash("127.0.0.1")))).size).toBe(3);
  });
});

test("a key depends on its secret and its purpose", () => {
  const keys = [deriveKey("a", "x"), deriveKey("a", "y"), deriveKey("b", "x"), deriveKey("b", "y")].map(hex);
  expect(new Set(keys).size).toBe(4);
  expect(keys.every((key) => key.length === 64)).toBe(true);
  expect(hex(deriveKey("a", "x"))).toBe(keys[0]);
});
