import { expect, test } from "vitest";
import { Busy, makeBulkhead, makeLanes } from "../../src/platform/lanes.ts";

const door = () => Promise.withResolvers<string>();

test("tasks of one key run one after the other, and tasks of other keys do not wait", async () => {
  const lanes = makeLanes({ maxWaiting: 2 });
  const [first, second, other] = [door(), door(), door()];
  const begun: string[] = [];
  const run = (key: string, name: string, { promise }: { promise: Promise<string> }) =>
    lanes.run(key, () => {
      begun.push(name);
      return promise;
    });
  const works = [run("a", "first", first), run("a", "second", second), run("b", "other", other)];
  expect(begun).toEqual(["first", "other"]);
  first.reject(new Error("failed"));
  await expect(works[0]).rejects.toThrow("failed");
  second.resolve("done");
  other.resolve("done");
  expect(await Promise.all(works.slice(1))).toEqual(["done", "done"]);
});

test("a task beyond the limit is refused at once, and a finished task makes room", async () => {
  const lanes = makeLanes({ maxWaiting: 2 });
  const hold = door();
  const works = [1, 2, 3].map(() => lanes.run("a", () => hold.promise));
  await expect(lanes.run("a", () => hold.promise)).rejects.toThrow(Busy);
  expect(await lanes.run("b", async () => "served")).toBe("served");
  const own = lanes.run("a", async () => "the program's own", { mustRun: true });
  hold.resolve("done");
  await Promise.all(works);
  expect(await own).toBe("the program's own");
  expect(await lanes.run("a", async () => "served")).toBe("served");
});

test("a bulkhead limits running and waiting tasks", async () => {
  const bulkhead = makeBulkhead({ atOnce: 2, maxWaiting: 1 });
  const hold = door();
  let running = 0;
  const works = [1, 2, 3].map(() =>
    bulkhead.run(() => {
      running += 1;
      return hold.promise;
    }),
  );
  expect(running).toBe(2);
  await expect(bulkhead.run(async () => "")).rejects.toThrow(Busy);
  hold.resolve("done");
  await Promise.all(works);
  expect(running).toBe(3);
});
