import { expect, test, vi } from "vitest";
import { makeSingleFlight } from "../../src/platform/single-flight.ts";

test("callers at once with one key share one run", async () => {
  const fly = makeSingleFlight<number>();
  const work = Promise.withResolvers<number>();
  const run = vi.fn(() => work.promise);
  const answers = Promise.all([fly("a", run), fly("a", run), fly("a", run)]);
  work.resolve(7);
  expect(await answers).toEqual([7, 7, 7]);
  expect(run).toHaveBeenCalledTimes(1);
});

test("callers with other keys do not wait for each other", async () => {
  const fly = makeSingleFlight<string>();
  const slow = Promise.withResolvers<string>();
  const first = fly("a", () => slow.promise);
  expect(await fly("b", async () => "b")).toBe("b");
  slow.resolve("a");
  expect(await first).toBe("a");
});

test("a caller after the end starts a new run", async () => {
  const fly = makeSingleFlight<number>();
  expect(await fly("a", async () => 1)).toBe(1);
  expect(await fly("a", async () => 2)).toBe(2);
});

test("all callers of a run get its failure, and later callers do not", async () => {
  const fly = makeSingleFlight<number>();
  const work = Promise.withResolvers<number>();
  const answers = Promise.allSettled([fly("a", () => work.promise), fly("a", () => work.promise)]);
  work.reject(new Error("no"));
  expect((await answers).map((answer) => answer.status)).toEqual(["rejected", "rejected"]);
  expect(await fly("a", async () => 2)).toBe(2);
});
