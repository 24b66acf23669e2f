import type { ApolloClient } from "@apollo/client";
import type { DrawVerdict, Known } from "../../../../src/draws/verify-draw.ts";
import {
  type DrawPartsFragment,
  ReceiptsDocument,
  type ReceiptsQuery,
  type ReceiptsQueryVariables,
} from "../../graphql/generated/graphql.ts";
import { verifyPublished } from "./verify-published.ts";

type Receipts = NonNullable<Known["receipts"]>;

/** Reads the published draw and recomputes it with the gateway's own code and the member's own receipts. */
export async function recompute(
  client: ApolloClient,
  { id, published, openingHash, closedAt }: DrawPartsFragment,
): Promise<{ verdict: DrawVerdict; receipts: number }> {
  const receipts = await receiptsOf(client, id); // before the file, so that the file contains all these tickets
  const verdict = await verifyPublished({ published, openingHash, closedAt }, receipts);
  return { verdict, receipts: receipts.length };
}

/** Returns the receipts of all the member's tickets in the draw. */
async function receiptsOf(client: ApolloClient, drawId: string): Promise<Receipts> {
  const found: Receipts[number][] = [];
  for (let after: string | null = null; ; ) {
    const variables: ReceiptsQueryVariables = { after };
    const { data } = await client.query({ query: ReceiptsDocument, variables, fetchPolicy: "no-cache" });
    const page: NonNullable<ReceiptsQuery["me"]>["tickets"] | undefined = data?.me?.tickets;
    if (!page) throw new Error("The receipts could not be read.");
    found.push(...page.nodes.filter(({ draw }) => draw.id === drawId));
    after = page.pageInfo.endCursor;
    if (!page.pageInfo.hasNextPage) return found;
  }
}
