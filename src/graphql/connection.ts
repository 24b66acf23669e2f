import { z } from "zod";
import { textProblem } from "../platform/storable-text.ts";
import { badUserInput } from "./errors.ts";

export const MAX_PAGE = 100;
/** Counts of long lists stop here: a count of one more means that there are more. */
export const MAX_COUNT = 1_000;

/** The source object of every connection type's resolvers. */
export interface Connection<Node> {
  nodes: readonly Node[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  /** Whether the page has all rows of the list, which are then not counted by a statement. */
  isWhole?: boolean;
  cursorOf(node: Node): string;
  totalCount(): Promise<number>;
}

/** The arguments of a connection, by the *GraphQL Cursor Connections Specification*. */
export interface PageArgs {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}

/** The rows of a list to read. */
export interface PageBounds<Key> {
  /** The page size plus one, which shows whether another page exists. */
  limit: number;
  /** The page starts after this row, or at the start. */
  after: Key | null;
  /** The page ends before this row, or at the end. */
  before: Key | null;
  /** Whether to read from the end of the list, its last row first. */
  backwards: boolean;
}

const DEFAULT_PAGE = 20;

/** @throws BAD_USER_INPUT for contradictory arguments, sizes outside 1 to 100 and cursors that do not match `shape` */
export function readPage<Shape extends z.ZodType>(args: PageArgs, shape: Shape): PageBounds<z.infer<Shape>> {
  const backwards = args.last != null;
  if (backwards && args.first != null) throw badUserInput("last", "give either first or last");
  const size = args.last ?? args.first ?? DEFAULT_PAGE;
  if (size < 1 || size > MAX_PAGE) {
    throw badUserInput(backwards ? "last" : "first", `must be 1 to ${MAX_PAGE}, found ${size}`);
  }
  return {
    limit: size + 1,
    after: readCursor(args.after, shape),
    before: readCursor(args.before, shape, "before"),
    backwards,
  };
}

/** The page of a connection. @param found the rows within `bounds`, in the order of reading */
export function toPage<Node>(found: readonly Node[], { limit, after, before, backwards }: PageBounds<unknown>) {
  const nodes = found.slice(0, limit - 1);
  const hasMore = found.length === limit;
  const isWhole = !hasMore && after === null && before === null;
  return backwards
    ? { nodes: nodes.toReversed(), hasNextPage: before !== null, hasPreviousPage: hasMore, isWhole }
    : { nodes, hasNextPage: hasMore, hasPreviousPage: after !== null, isWhole };
}

/** Parts of cursors, within the ranges of the database's types. */
export const cursorPart = {
  /** PostgreSQL has no year 0. */
  instant: z.iso.datetime().refine((value) => !value.startsWith("0000")),
  text: z.string().refine((value) => textProblem(value) === null),
  uuid: z.uuid(),
  /** A column of type `integer`. */
  int4: z.int32(),
};

/** A cursor is the sort key of its row, so that inserted or deleted rows do not shift the pages. */
export function makeCursor(key: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(key)).toString("base64url");
}

/** @throws BAD_USER_INPUT for a cursor that does not match `shape`, such as one of another sort */
export function readCursor<Shape extends z.ZodType>(
  cursor: string | null | undefined,
  shape: Shape,
  argument = "after",
): z.infer<Shape> | null {
  if (cursor === null || cursor === undefined) return null;
  const parsed = shape.safeParse(parseJson(Buffer.from(cursor, "base64url").toString("utf8")));
  if (!parsed.success) throw badUserInput(argument, "is not a cursor of this list and sort");
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
    totalCount: (connection: Connection<Node>) =>
      connection.isWhole ? connection.nodes.length : connection.totalCount(),
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
