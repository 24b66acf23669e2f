import { expect, test } from "vitest";
import { gatherReads } from "../../src/platform/gather-reads.ts";

/** A read whose end the test controls. */
function heldRead() {
  const reads: { keys: readonly string[]; end: PromiseWithResolvers<void> }[] = [];
  const read = gatherReads<string, string>(
    async (keys) => {
      const end = Promise.withResolvers<void>();
      reads.push({ keys, end });
      await end.promise;
      return keys.map((key) => `value of ${key}`);
    },
    { most: 3 },
  );
  return { read, reads };
}

test("keys requested during a read share the next one, each key once", async () => {
  const { read, reads } = heldRead();
  const first = read("a");
  const others = [read("a"), read("b"), read("b")];
  expect(reads.map(({ keys }) => keys)).toEqual([["a"]]);
  reads[0]?.end.resolve();
  expect(await first).toBe("value of a");
  await expect.poll(() => reads.length).toBe(2);
  expect(reads[1]?.keys).toEqual(["a", "b"]);
  reads[1]?.end.resolve();
  expect(await Promise.all(others)).toEqual(["value of a", "value of b", "value of b"]);
});

test("a caller never gets a value that was read before its request", async () => {
  let value = "old";
  const gate = Promise.withResolvers<void>();
  let reads = 0;
  const read = gatherReads<string, string>(async (keys) => {
    const seen = value;
    reads += 1;
    if (reads === 1) await gate.promise;
    return keys.map(() => seen);
  });
  const before = read("a");
  value = "new";
  const after = read("a");
  gate.resolve();
  expect([await before, await after]).toEqual(["old", "new"]);
});

test("a read has at most so many keys, and a failed one fails its own callers alone", async () => {
  const { read, reads } = heldRead();
  const held = read("0");
  const rest = ["1", "2", "3", "4"].map((key) => read(key).catch((error: Error) => error.message));
  reads[0]?.end.resolve();
  await held;
  await expect.poll(() => reads.length).toBe(2);
  expect(reads[1]?.keys).toEqual(["1", "2", "3"]);
  reads[1]?.end.reject(new Error("no database"));
  await expect.poll(() => reads.length).toBe(3);
  reads[2]?.end.resolve();
  expect(await Promise.all(rest)).toEqual(["no database", "no database", "no database", "value of 4"]);
});

test("a stuck read does not delay a caller a second later", async () => {
  let now = 0;
  const ends: PromiseWithResolvers<string>[] = [];
  const read = gatherReads<string, string>(
    async (keys) => {
      const end = Promise.withResolvers<string>();
      ends.push(end);
      return [...keys].fill(await end.promise);
    },
    { now: () => now },
  );
  const stuck = read("a");
  now = 1_000;
  const waiting = read("b");
  expect(ends).toHaveLength(1);
  now = 1_001;
  const later = read("c");
  expect(ends).toHaveLength(2);
  ends[1]?.resolve("second");
  expect(await Promise.all([waiting, later])).toEqual(["second", "second"]);
  const last = read("d");
  ends[2]?.resolve("third");
  expect(await last).toBe("third");
  ends[0]?.resolve("first");
  expect(await stuck).toBe("first");
});
