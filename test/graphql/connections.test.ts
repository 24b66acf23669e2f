import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  type Connection,
  connectionFields,
  makeCursor,
  readCursor,
  readPage,
  toPage,
} from "../../src/graphql/connection.ts";
import { PublicError } from "../../src/graphql/errors.ts";

const shape = z.tuple([z.literal("NAME"), z.string(), z.int()]);
const refusal = (work: () => unknown) => {
  try {
    return work();
  } catch (error) {
    if (error instanceof PublicError) return error.extensions;
    throw error;
  }
};

describe("the size of a page", () => {
  test.each([
    [undefined, 20],
    [null, 20],
    [1, 1],
    [100, 100],
  ])("for first %s is %i", (first, size) => expect(readPage({ first }, shape).limit).toBe(size + 1));
  test.each([1, 100])("for last %i is the same, from the end", (last) => {
    expect(readPage({ last }, shape)).toEqual({ limit: last + 1, after: null, before: null, backwards: true });
  });
  test.each([0, -1, 101, 2 ** 31])("cannot be %i", (size) => {
    for (const field of ["first", "last"])
      expect(refusal(() => readPage({ [field]: size }, shape))).toMatchObject({ code: "BAD_USER_INPUT", field });
  });
  test("is requested from one end only", () => {
    expect(refusal(() => readPage({ first: 1, last: 1 }, shape))).toMatchObject({
      code: "BAD_USER_INPUT",
      field: "last",
    });
    expect(readPage({ first: null, last: 1 }, shape).backwards).toBe(true);
  });
  test("begins and ends at the given cursors", () => {
    const [after, before] = [makeCursor(["NAME", "a", 1]), makeCursor(["NAME", "b", 2])];
    expect(readPage({ after, before }, shape)).toMatchObject({ after: ["NAME", "a", 1], before: ["NAME", "b", 2] });
    for (const field of ["after", "before"])
      expect(refusal(() => readPage({ [field]: "x" }, shape))).toMatchObject({ code: "BAD_USER_INPUT", field });
  });
});

describe("a page", () => {
  const bounds = { limit: 3, after: null, before: null, backwards: false };
  test("that was read forwards knows whether there is a next page", () => {
    expect(toPage([1, 2, 3], bounds)).toMatchObject({ nodes: [1, 2], hasNextPage: true, hasPreviousPage: false });
    expect(toPage([1, 2], { ...bounds, after: 0 })).toMatchObject({
      nodes: [1, 2],
      hasNextPage: false,
      hasPreviousPage: true,
    });
  });
  test("that was read from the end is in the order of the list", () => {
    const backwards = { ...bounds, backwards: true };
    expect(toPage([9, 8, 7], backwards)).toMatchObject({ nodes: [8, 9], hasNextPage: false, hasPreviousPage: true });
    expect(toPage([8], { ...backwards, before: 9 })).toMatchObject({
      nodes: [8],
      hasNextPage: true,
      hasPreviousPage: false,
    });
  });
  test.each([
    ["all rows of the list", [1, 2], bounds, 2],
    ["all rows, read from the end", [2, 1], { ...bounds, backwards: true }, 2],
    ["only the first rows", [1, 2, 3], bounds, 100],
    ["the last rows", [1, 2], { ...bounds, after: 0 }, 100],
    ["the rows before a cursor", [1, 2], { ...bounds, before: 3 }, 100],
  ])("with %s is counted by a statement only if there are others", async (_, found, read, count) => {
    const connection = { ...toPage(found, read), cursorOf: String, totalCount: async () => 100 };
    expect(await connectionFields<number>().totalCount(connection)).toBe(count);
  });
});

describe("a cursor", () => {
  test.each(["plain", "ünï/cödé+?&=", "🎁", "", '"; drop table', "a\nb"])(
    "encodes and decodes %j, safe in a URL",
    (name) => {
      const cursor = makeCursor(["NAME", name, 7]);
      expect(cursor).toMatch(/^[\w-]+$/);
      expect(readCursor(cursor, shape)).toEqual(["NAME", name, 7]);
    },
  );
  test("that is null is the beginning", () => {
    expect(readCursor(null, shape)).toBeNull();
    expect(readCursor(undefined, shape)).toBeNull();
  });
  test.each([
    ["of another list", makeCursor(["POPULAR", "x", 7])],
    ["of another shape", makeCursor(["NAME", 7, "x"])],
    ["that is too long", makeCursor(["NAME", "x", 7, 8])],
    ["that is no list", Buffer.from('{"0":"NAME"}').toString("base64url")],
    ["that is cut off", makeCursor(["NAME", "x", 7]).slice(0, -3)],
    ["that is no JSON", "AAAA"],
    ["that is empty", ""],
  ])("%s is refused", (_, cursor) => {
    expect(refusal(() => readCursor(cursor, shape))).toMatchObject({ code: "BAD_USER_INPUT", field: "after" });
  });
});

describe("a connection", () => {
  const fields = connectionFields<number>();
  const connection = (nodes: number[]): Connection<number> => ({
    nodes,
    hasNextPage: true,
    hasPreviousPage: false,
    cursorOf: (node) => `c${node}`,
    totalCount: async () => 9,
  });
  test("has an edge for each node, and the cursors of the first and the last", async () => {
    expect(fields.nodes(connection([3, 4]))).toEqual([3, 4]);
    expect(fields.edges(connection([3, 4]))).toEqual([
      { node: 3, cursor: "c3" },
      { node: 4, cursor: "c4" },
    ]);
    expect(fields.pageInfo(connection([3, 4]))).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: "c3",
      endCursor: "c4",
    });
    expect(await fields.totalCount(connection([]))).toBe(9);
  });
  test("without nodes has no cursors", () => {
    expect(fields.pageInfo(connection([]))).toMatchObject({ startCursor: null, endCursor: null });
  });
});
