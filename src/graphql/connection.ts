import { z } from "zod";
import { textProblem } from "../platform/storable-text.ts";
import { badUserInput } from "./errors.ts";

export const MAX_PAGE = 100;

/** One page of something, read from `after` on in a stable order. */
export interface Page<Node> {
  nodes: readonly Node[];
  hasNextPage: boolean;
}

/** What the resolvers of every connection type work on. */
export interface Connection<Node> extends Page<Node> {
  cursorOf(node: Node): string;
  hasPreviousPage: boolean;
  totalCount(): Promise<number>;
}

/** @throws BAD_USER_INPUT unless 1 to 100 */
export function pageSize(first: number | null | undefined, fallback = 20): number {
  const size = first ?? fallback;
  if (size < 1 || size > MAX_PAGE) throw badUserInput("first", `must be 1 to ${MAX_PAGE}, found ${size}`);
  return size;
}

/** Parts of cursors, within what the database can compare with. */
export const cursorPart = {
  /** PostgreSQL has no year 0. */
  instant: z.iso.datetime().refine((value) => !value.startsWith("0000")),
  text: z.string().refine((value) => textProblem(value) === null),
  uuid: z.uuid(),
  /** A column of type `integer`. */
  int4: z.int32(),
};

/** A cursor is the sort key of its row, so that rows added or removed elsewhere do not shift the pages. */
export function makeCursor(key: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(key)).toString("base64url");
}

/** @throws BAD_USER_INPUT for a cursor that is not one of `shape`, such as one of another sort */
export function readCursor<Shape extends z.ZodType>(
  after: string | null | undefined,
  shape: Shape,
): z.infer<Shape> | null {
  if (after === null || after === undefined) return null;
  const parsed = shape.safeParse(parseJson(Buffer.from(after, "base64url").toString("utf8")));
  if (!parsed.success) throw badUserInput("after", "is not a cursor of this list and sort");
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Resolvers of a `…Connection` type over a `Connection`. */
export function connectionFields<Node>() {
  return {
    edges: (connection: Connection<Node>) =>
      connection.nodes.map((node) => ({ node, cursor: connection.cursorOf(node) })),
    nodes: (connection: Connection<Node>) => connection.nodes,
    totalCount: (connection: Connection<Node>) => connection.totalCount(),
    pageInfo: (connection: Connection<Node>) => {
      const [first, last] = [connection.nodes[0], connection.nodes.at(-1)];
      return {
        hasNextPage: connection.hasNextPage,
        hasPreviousPage: connection.hasPreviousPage,
        startCursor: first ? connection.cursorOf(first) : null,
        endCursor: last ? connection.cursorOf(last) : null,
      };
    },
  };
}
