import { expect, test } from "vitest";
import { makeSignInGate } from "../../src/auth/sign-in-gate.ts";
import { makeSignInLinkStore } from "../../src/auth/sign-in-link.store.ts";
import { openDb } from "../../src/platform/db.ts";
import { cloneDatabase } from "../support/gateway.ts";

const HOUR_MS = 3_600_000;
const bytes = (...given: number[]) => new Uint8Array(given);

test("a used link is deleted an hour after its expiry, and a try when it no longer counts", async () => {
  const db = openDb(await cloneDatabase(), 2);
  const store = makeSignInLinkStore(db, { perAddressHour: 1 }, makeSignInGate(4));
  const expiresAt = new Date("2026-11-22T12:00:00Z");
  const after = (ms: number) => new Date(expiresAt.getTime() + ms);
  const use = () => store.use(db, { hash: bytes(1), expiresAt });

  expect([await use(), await use()]).toEqual([true, false]);
  expect(await store.countBad([bytes(7)], expiresAt)).toBeNull();
  await store.sweep(after(HOUR_MS - 1));
  expect(await use()).toBe(false);
  expect(await store.countBad([bytes(7)], after(HOUR_MS - 1))).toEqual(after(HOUR_MS));
  await store.sweep(after(HOUR_MS + 1));
  expect(await db.handOffTry.count()).toBe(0);
  expect(await use()).toBe(true);
  await db.$disconnect();
});
