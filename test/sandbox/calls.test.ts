import { expect, test } from "vitest";
import { makeCallLog } from "../../sandbox/calls.ts";

test("the list of calls keeps only the newest 10,000", () => {
  const calls = makeCallLog({ now: () => new Date(0) });
  const call = { upstream: "client", operation: "points", method: "GET", path: "/", query: {}, body: null };
  let received = 0;
  for (const total of [9_999, 10_000, 10_001, 20_000, 25_001]) {
    for (; received < total; received += 1) calls.receive(call);
    const kept = calls.since(0);
    expect({ oldest: kept[0]?.seq, newest: kept.at(-1)?.seq, count: kept.length }).toEqual({
      oldest: Math.max(1, total - 9_999),
      newest: total,
      count: Math.min(total, 10_000),
    });
  }
});

test("a cleared list of calls starts empty, and its numbers continue", () => {
  const calls = makeCallLog({ now: () => new Date(0) });
  const call = { upstream: "client", operation: "points", method: "GET", path: "/", query: {}, body: null };
  for (let received = 0; received < 10_005; received += 1) calls.receive(call);
  calls.clear();
  expect(calls.since(0)).toEqual([]);
  calls.receive(call);
  calls.receive(call);
  expect(calls.since(0).map(({ seq }) => seq)).toEqual([10_006, 10_007]);
  expect(calls.since(10_006).map(({ seq }) => seq)).toEqual([10_007]);
});
