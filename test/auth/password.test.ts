import { expect, test } from "vitest";
import { hashPassword, isPassword } from "../../src/auth/accounts/password.ts";
import { productPace } from "../../src/program/pace.ts";

const PASSWORD = "correct horse battery";
/** The cost with which the gateways of tests hash. */
const CHEAP = { N: 16, r: 8, p: 1 };

test("the product hashes passwords at the cost that OWASP recommends for 32 MiB", async () => {
  const stored = await hashPassword(PASSWORD, productPace.hashCost);
  expect(stored).toMatch(/^scrypt\$32768\$8\$3\$[\w-]{22}\$[\w-]{43}$/);
  expect(await isPassword(PASSWORD, stored, CHEAP)).toBe(true); // by the cost of the stored hash
});

test("an unknown name costs the computation of a hash that matches no password", async () => {
  expect(await isPassword(PASSWORD, null, CHEAP)).toBe(false);
  await expect(isPassword(PASSWORD, null, { ...CHEAP, N: 15 })).rejects.toThrow("Invalid scrypt params"); // it was computed
});

test("two encodings of the same characters are one password", async () => {
  const stored = await hashPassword("cafe\u0301 con leche, por favor", CHEAP);
  expect(await isPassword("caf\u00e9 con leche, por favor", stored, CHEAP)).toBe(true);
  expect(await isPassword("cafe con leche, por favor", stored, CHEAP)).toBe(false);
});
