import type { OperationVariables, TypedDocumentNode } from "@apollo/client";
import { useApolloClient, useQuery } from "@apollo/client/react";
import { useCallback, useMemo, useState } from "react";

/** A page of a list. */
export interface ListPage<Row> {
  nodes: readonly Row[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
}

type PageVariables = OperationVariables & { after?: string | null | undefined };

interface LaterRows<Row> extends ListPage<Row> {
  /** Identifies the list and the end cursor of its first page, after which these rows begin. */
  listKey: string;
}

/**
 * Reads a list page by page. The first page is in the client's cache. Later pages are not: the cache would compare the
 * whole list again for each page.
 *
 * @param listOf finds the list in the data of the document
 */
export function usePages<Data, Variables extends PageVariables, Row>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, "after">,
  listOf: (data: Data) => ListPage<Row> | null | undefined,
) {
  const client = useApolloClient();
  const pageVariables: OperationVariables = variables;
  const query = document as TypedDocumentNode<Data, OperationVariables>;
  const { data, error, loading, refetch, startPolling, stopPolling } = useQuery(query, { variables: pageVariables });
  const first = data ? listOf(data as Data) : null;
  const [laterRows, setLaterRows] = useState<LaterRows<Row> | null>(null);
  const listKey = JSON.stringify([variables, first?.pageInfo.endCursor]);
  const added = laterRows?.listKey === listKey ? laterRows : null;
  const rows = useMemo(() => [...(first?.nodes ?? []), ...(added?.nodes ?? [])], [first, added]);
  const { hasNextPage = false, endCursor = null } = (added ?? first)?.pageInfo ?? {};

  /** Reads the page after a cursor, the first page for null. @throws Error without an answer */
  async function read(after: string | null): Promise<ListPage<Row>> {
    const variablesWithCursor: OperationVariables = { ...pageVariables, after };
    const result = await client.query({ query, variables: variablesWithCursor, fetchPolicy: "no-cache" });
    const page = result.data && listOf(result.data as Data);
    if (!page) throw new Error(result.error?.message ?? "The gateway did not answer.");
    return page;
  }

  async function readMore(): Promise<void> {
    const { nodes, pageInfo } = await read(endCursor);
    setLaterRows({ listKey, nodes: [...(added?.nodes ?? []), ...nodes], pageInfo });
  }

  /** Reads the first page again, and drops the later pages. */
  const reload = useCallback(async () => {
    setLaterRows(null);
    await refetch();
  }, [refetch]);

  const polling = { startPolling, stopPolling };
  return {
    data: data as Data | undefined,
    rows,
    hasMore: hasNextPage,
    error,
    loading,
    read,
    readMore,
    reload,
    polling,
  };
}
