import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Bus, listen, makeLocalBus } from "../../src/platform/events.ts";
import { makeCountingBus } from "../support/counting-bus.ts";

let bus: ReturnType<typeof makeCountingBus>;
beforeEach(() => {
  vi.useFakeTimers();
  bus = makeCountingBus(makeLocalBus());
});
afterEach(() => void vi.useRealTimers());

/** Whether a promise is fulfilled before anything else happens. */
async function isOver(promise: Promise<unknown>): Promise<boolean> {
  let over = false;
  void promise.then(() => {
    over = true;
  });
  await vi.advanceTimersByTimeAsync(0);
  return over;
}

describe("a bus", () => {
  test("tells everybody who listens to a topic, and nobody else", () => {
    const [one, two, other] = [vi.fn(), vi.fn(), vi.fn()];
    bus.on("order:1", one);
    bus.on("order:1", two);
    bus.on("order:2", other);
    bus.ring("order:1");
    expect([one, two, other].map((listener) => listener.mock.calls.length)).toEqual([1, 1, 0]);
  });

  test("tells nobody who has left", async () => {
    const [left, stayed] = [vi.fn(), vi.fn()];
    bus.on("order:1", left)();
    bus.on("order:1", stayed);
    bus.ring("order:1");
    expect([left.mock.calls.length, stayed.mock.calls.length]).toEqual([0, 1]);
    await bus.close();
    bus.ring("order:1");
    expect(stayed).toHaveBeenCalledTimes(1);
  });

  test("rings for nobody without a word, whatever the topic is called", () => {
    for (const topic of ["order:1", "newListener", "__proto__", ""]) bus.ring(topic);
  });

  test("lets a listener leave while it rings", () => {
    const second = vi.fn();
    const off = bus.on("order:1", () => off());
    bus.on("order:1", second);
    bus.ring("order:1");
    bus.ring("order:1");
    expect(second).toHaveBeenCalledTimes(2);
  });
});

describe("a bell", () => {
  test("wakes who waits", async () => {
    const bell = listen(bus, "order:1");
    const waited = bell.wait(1_000);
    expect(await isOver(waited)).toBe(false);
    bus.ring("order:2");
    expect(await isOver(waited)).toBe(false);
    bus.ring("order:1");
    expect(await isOver(waited)).toBe(true);
  });

  test("that rang since the last look wakes at once, and once", async () => {
    const bell = listen(bus, "order:1");
    bus.ring("order:1");
    bus.ring("order:1");
    expect(await isOver(bell.wait(1_000))).toBe(true);
    expect(await isOver(bell.wait(1_000))).toBe(false);
  });

  test("that rings while its ring is being looked at is not missed", async () => {
    const bell = listen(bus, "order:1");
    const waited = bell.wait(1_000);
    bus.ring("order:1");
    await waited;
    bus.ring("order:1");
    expect(await isOver(bell.wait(1_000))).toBe(true);
  });

  test("tells the news of all rings since the last look, and none when one ring had none or too many had some", async () => {
    const bell = listen(bus, "order:1");
    bus.ring("order:1", "a");
    bus.ring("order:1", "b");
    expect(await bell.wait(1_000)).toEqual(["a", "b"]);
    bus.ring("order:1", "c");
    bus.ring("order:1");
    bus.ring("order:1", "d");
    expect(await bell.wait(1_000)).toBeNull();
    bus.ring("order:1", "e");
    bell.ring();
    expect(await bell.wait(1_000)).toBeNull();
    for (let ring = 0; ring < 10_000; ring += 1) bus.ring("order:1", ring);
    expect(await bell.wait(1_000)).toBeNull();
    bus.ring("order:1", "f");
    expect(await bell.wait(1_000)).toEqual(["f"]);
  });

  test("that does not ring wakes after its time", async () => {
    const waited = listen(bus, "order:1").wait(1_000);
    await vi.advanceTimersByTimeAsync(999);
    expect(await isOver(waited)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isOver(waited)).toBe(true);
  });

  test("wakes when it is called off, before or while it is waited for", async () => {
    const bell = listen(bus, "order:1");
    const controller = new AbortController();
    const waited = bell.wait(1_000, controller.signal);
    expect(await isOver(waited)).toBe(false);
    controller.abort();
    expect(await isOver(waited)).toBe(true);
    expect(await isOver(bell.wait(1_000, controller.signal))).toBe(true);
  });

  test("leaves no timer and no listener behind", async () => {
    const controller = new AbortController();
    const topics = (of: Bus & { listeners(): string[] }) => of.listeners();
    {
      using bell = listen(bus, "order:1");
      const waited = bell.wait(1_000, controller.signal);
      expect(topics(bus)).toEqual(["order:1"]);
      bus.ring("order:1");
      await waited;
    }
    expect(topics(bus)).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
