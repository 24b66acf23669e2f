import "./no-generated-code.ts"; // before what it is about
import type { ApolloClient } from "@apollo/client";
import { type DrawVerdict, type Known, verifying } from "../../../../src/draws/verify-draw.ts";
import {
  type DrawPartsFragment,
  ReceiptsDocument,
  type ReceiptsQuery,
  type ReceiptsQueryVariables,
} from "../../graphql/generated/graphql.ts";

/** How long the page may stand still at a time. */
const SLICE_MS = 12;

type Receipts = NonNullable<Known["receipts"]>;

/** Reads the draw as it is published and recomputes all of it, by the gateway's own code and the member's own receipts. */
export async function recompute(
  client: ApolloClient,
  { id, published, openingHash, closedAt }: DrawPartsFragment,
): Promise<{ verdict: DrawVerdict; receipts: number }> {
  const receipts = await receiptsOf(client, id); // first: tickets that come meanwhile are in the file, and not the other way
  const response = await fetch(published, { cache: "no-store" });
  if (!response.ok) throw new Error(`${published} answered ${response.status}`);
  const file = new Uint8Array(await response.arrayBuffer());
  const verdict = await inSlices(verifying(file, { openingHash, receipts, isOpen: closedAt === null }));
  return { verdict, receipts: receipts.length };
}

/** Of all the member's tickets in the draw. */
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

/** Thousands of tickets take a second: the page goes on in between. */
async function inSlices<Result>(steps: Generator<void, Result, void>): Promise<Result> {
  for (;;) {
    const until = performance.now() + SLICE_MS;
    do {
      const { done, value } = steps.next();
      if (done) return value;
    } while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve));
  }
}
