import { expect, test } from "vitest";
import { makeCallLog } from "../../sandbox/calls.ts";

test("the list of calls keeps the newest 10,000, however many the sandbox receives", () => {
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
