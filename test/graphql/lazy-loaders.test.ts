import { expect, test } from "vitest";
import { anonymous } from "../../src/domain/viewer.ts";
import { lazyLoaders } from "../../src/graphql/lazy-loaders.ts";

interface Loaders {
  order: string;
  line: string;
  reward: string;
}

test("the loaders of a feature are created at the first use of one, once for each operation", () => {
  const made: string[] = [];
  const make = lazyLoaders<Loaders>(
    [
      ({ requestId }) => {
        made.push(`orders of ${requestId}`);
        return { order: `order ${requestId}`, line: `line ${requestId}` };
      },
      ({ requestId }, { order }) => {
        made.push(`rewards of ${requestId}`);
        return { reward: `reward after ${order}` };
      },
    ],
    { viewer: anonymous, requestId: "example", options: { cache: false } },
  );
  made.length = 0;
  const of = (requestId: string) => make({ viewer: anonymous, requestId, options: { cache: true } });
  const [first, second] = [of("1"), of("2")];
  expect(made).toEqual([]);
  expect([first.line, first.order, first.line]).toEqual(["line 1", "order 1", "line 1"]);
  expect(made).toEqual(["orders of 1"]);
  expect(second.reward).toBe("reward after order 2");
  expect(made).toEqual(["orders of 1", "orders of 2", "rewards of 2"]);
});
