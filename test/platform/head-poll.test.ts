import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeHeadPoll } from "../../src/platform/head-poll.ts";
import { makeLogger } from "../../src/platform/logger.ts";

const log = await makeLogger({ level: "silent", pretty: false });
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start(heads: Record<string, number>) {
  const asked: string[][] = [];
  const readHeads = async (ids: readonly string[]) => {
    asked.push([...ids]);
    return new Map(ids.flatMap((id) => (heads[id] === undefined ? [] : [[id, heads[id]] as const])));
  };
  return { asked, poll: makeHeadPoll({ everyMs: 100, readHeads, log }) };
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test("one shared read wakes exactly the watchers that have not seen the newest entry", async () => {
  const { asked, poll } = start({ a: 3, b: 5 });
  const woken: string[] = [];
  const watch = (id: string, seen: number | null, name: string) =>
    poll.watch(
      id,
      () => seen,
      () => woken.push(name),
    );
  watch("a", 3, "a at its head");
  watch("a", 2, "a behind");
  watch("b", 4, "b behind");
  watch("b", null, "b before its first read");
  watch("c", 0, "c without entries");
  await pass(100);
  expect(asked).toEqual([["a", "b", "c"]]);
  expect(woken).toEqual(["a behind", "b behind"]);
});

test("no read happens without watchers", async () => {
  const { asked, poll } = start({});
  const one = poll.watch(
    "a",
    () => 0,
    () => {},
  );
  const other = poll.watch(
    "a",
    () => 0,
    () => {},
  );
  await pass(100);
  one[Symbol.dispose]();
  await pass(100);
  expect(asked).toHaveLength(2);
  other[Symbol.dispose]();
  await pass(1_000);
  expect(asked).toHaveLength(2);
  poll.watch(
    "b",
    () => 0,
    () => {},
  );
  await pass(100);
  expect(asked.slice(2)).toEqual([["b"]]);
});

test("the poll continues after a failed read, and runs once even if watchers change during a read", async () => {
  const reads: PromiseWithResolvers<ReadonlyMap<string, number>>[] = [];
  const poll = makeHeadPoll({
    everyMs: 100,
    log,
    readHeads() {
      const read = Promise.withResolvers<ReadonlyMap<string, number>>();
      reads.push(read);
      return read.promise;
    },
  });
  const watch = () =>
    poll.watch(
      "a",
      () => 0,
      () => {},
    );
  const first = watch();
  await pass(100);
  first[Symbol.dispose]();
  watch();
  reads[0]?.reject(new Error("the database is away"));
  await pass(100);
  expect(reads).toHaveLength(2);
  reads[1]?.resolve(new Map());
  await pass(100);
  expect(reads).toHaveLength(3);
});
