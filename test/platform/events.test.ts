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
  test("notifies every listener of the topic, and no other listener", () => {
    const [one, two, other] = [vi.fn(), vi.fn(), vi.fn()];
    bus.on("order:1", one);
    bus.on("order:1", two);
    bus.on("order:2", other);
    bus.notify("order:1");
    expect([one, two, other].map((listener) => listener.mock.calls.length)).toEqual([1, 1, 0]);
  });

  test("does not notify a removed listener", async () => {
    const [left, stayed] = [vi.fn(), vi.fn()];
    bus.on("order:1", left)();
    bus.on("order:1", stayed);
    bus.notify("order:1");
    expect([left.mock.calls.length, stayed.mock.calls.length]).toEqual([0, 1]);
    await bus.close();
    bus.notify("order:1");
    expect(stayed).toHaveBeenCalledTimes(1);
  });

  test("ignores a topic without listeners, with any name", () => {
    for (const topic of ["order:1", "newListener", "__proto__", ""]) bus.notify(topic);
  });

  test("lets a listener unsubscribe during a notification", () => {
    const second = vi.fn();
    const off = bus.on("order:1", () => off());
    bus.on("order:1", second);
    bus.notify("order:1");
    bus.notify("order:1");
    expect(second).toHaveBeenCalledTimes(2);
  });
});

describe("a listener", () => {
  test("wakes a pending wait", async () => {
    const listener = listen(bus, "order:1");
    const waited = listener.wait(1_000);
    expect(await isOver(waited)).toBe(false);
    bus.notify("order:2");
    expect(await isOver(waited)).toBe(false);
    bus.notify("order:1");
    expect(await isOver(waited)).toBe(true);
  });

  test("that was notified since the last wait resolves the next wait at once, and only that one", async () => {
    const listener = listen(bus, "order:1");
    bus.notify("order:1");
    bus.notify("order:1");
    expect(await isOver(listener.wait(1_000))).toBe(true);
    expect(await isOver(listener.wait(1_000))).toBe(false);
  });

  test("does not miss a notification while the previous one is handled", async () => {
    const listener = listen(bus, "order:1");
    const waited = listener.wait(1_000);
    bus.notify("order:1");
    await waited;
    bus.notify("order:1");
    expect(await isOver(listener.wait(1_000))).toBe(true);
  });

  test("returns the payloads since the last wait, and null if a notification had none or too many had one", async () => {
    const listener = listen(bus, "order:1");
    bus.notify("order:1", "a");
    bus.notify("order:1", "b");
    expect(await listener.wait(1_000)).toEqual(["a", "b"]);
    bus.notify("order:1", "c");
    bus.notify("order:1");
    bus.notify("order:1", "d");
    expect(await listener.wait(1_000)).toBeNull();
    bus.notify("order:1", "e");
    listener.wake();
    expect(await listener.wait(1_000)).toBeNull();
    for (let count = 0; count < 10_000; count += 1) bus.notify("order:1", count);
    expect(await listener.wait(1_000)).toBeNull();
    bus.notify("order:1", "f");
    expect(await listener.wait(1_000)).toEqual(["f"]);
  });

  test("wakes after its timeout without a notification", async () => {
    const waited = listen(bus, "order:1").wait(1_000);
    await vi.advanceTimersByTimeAsync(999);
    expect(await isOver(waited)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isOver(waited)).toBe(true);
  });

  test("wakes when its signal aborts, before or during the wait", async () => {
    const listener = listen(bus, "order:1");
    const controller = new AbortController();
    const waited = listener.wait(1_000, controller.signal);
    expect(await isOver(waited)).toBe(false);
    controller.abort();
    expect(await isOver(waited)).toBe(true);
    expect(await isOver(listener.wait(1_000, controller.signal))).toBe(true);
  });

  test("leaves no timer and no listener behind", async () => {
    const controller = new AbortController();
    const topics = (of: Bus & { listeners(): string[] }) => of.listeners();
    {
      using listener = listen(bus, "order:1");
      const waited = listener.wait(1_000, controller.signal);
      expect(topics(bus)).toEqual(["order:1"]);
      bus.notify("order:1");
      await waited;
    }
    expect(topics(bus)).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
