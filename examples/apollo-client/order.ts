// From sign-in to a fulfilled order with Apollo Client: HTTP for queries and mutations, a websocket for the order's events.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import { readOtp } from "../read-otp.ts";

const {
  GATEWAY = "http://localhost:4000",
  SANDBOX = "http://127.0.0.1:4010",
  CUSTOMER: customerId = "CUST12345",
} = process.env;

interface Refusable {
  userErrors: { code: string; message: string }[];
}
/** A refusal is data: `code` for the program, `message` for the customer. */
function accepted<Payload extends Refusable>(payload: Payload | undefined): Payload {
  const [refusal] = payload?.userErrors ?? [];
  if (!payload || refusal) throw new Error(refusal ? `${refusal.code}: ${refusal.message}` : "no answer");
  return payload;
}

let accessToken: string | undefined;
const authorization = () => (accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` });
const socket = createClient({
  url: `${GATEWAY.replace(/^http/, "ws")}/graphql`,
  connectionParams: authorization,
});
const client = new ApolloClient({
  // A wallet is identified by its `id` alone, which the default cache uses as its key.
  cache: new InMemoryCache(),
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    new HttpLink({
      uri: `${GATEWAY}/graphql`,
      fetch: (url, init) => fetch(url, { ...init, headers: { ...Object(init?.headers), ...authorization() } }),
    }),
  ),
});

const { data: requested } = await client.mutate<{ requestOtp: Refusable & { challengeId: string } }>({
  mutation: gql`
    mutation RequestOtp($customerId: String!) {
      requestOtp(input: { customerId: $customerId }) { challengeId userErrors { code message } }
    }`,
  variables: { customerId },
});
const { challengeId } = accepted(requested?.requestOtp);
const { data: verified } = await client.mutate<{ verifyOtp: Refusable & { session: { accessToken: string } } }>({
  mutation: gql`
    mutation VerifyOtp($input: VerifyOtpInput!) {
      verifyOtp(input: $input) { session { accessToken } userErrors { code message } }
    }`,
  variables: { input: { challengeId, otp: await readOtp(SANDBOX, customerId) } },
});
accessToken = accepted(verified?.verifyOtp).session.accessToken;

const { data: page } = await client.query<{
  me: { wallet: { available: number } };
  rewards: { nodes: { id: string; name: string; points: number; redeemability: { redeemable: boolean } }[] };
}>({
  query: gql`
    query Home {
      me { id wallet { id balance available } }
      rewards(first: 20, filter: { kinds: [E_GIFT_VOUCHER], sources: [BIGCITY] }, sort: POINTS_ASC) {
        nodes { id name points redeemability { redeemable } } }
    }`,
});
// The cheapest reward that this customer can have: other rewards are sold out, or limited to one for each customer.
const reward = page?.rewards.nodes.find(({ redeemability }) => redeemability.redeemable);
console.log(`${page?.me.wallet.available} points; ${reward?.name} costs ${reward?.points}`);

const { data: added } = await client.mutate<{ addToCart: Refusable }>({
  mutation: gql`
    mutation AddToCart($rewardId: ID!) {
      addToCart(input: { rewardId: $rewardId }) { cart { id version total } userErrors { code message } }
    }`,
  variables: { rewardId: reward?.id },
});
accepted(added?.addToCart);
// An idempotency key for each intended order: a repeated request with the same key returns the same order.
const { data: placed } = await client.mutate<{ placeOrder: Refusable & { order: { id: string; number: string } } }>({
  mutation: gql`
    mutation PlaceOrder($idempotencyKey: String!) {
      placeOrder(input: { idempotencyKey: $idempotencyKey }) { order { id number status } userErrors { code message } }
    }`,
  variables: { idempotencyKey: crypto.randomUUID() },
});
const { order } = accepted(placed?.placeOrder);

await new Promise<void>((resolve, reject) => {
  client
    .subscribe<{ orderStatus: { status: string; pointsState: string; message: string } }>({
      query: gql`
        subscription Follow($orderId: ID!) { orderStatus(orderId: $orderId) { seq status pointsState message } }`,
      variables: { orderId: order.id },
    })
    .subscribe({
      next: ({ data, error }) => {
        if (error) return reject(error);
        console.log(order.number, data?.orderStatus.status, data?.orderStatus.pointsState, data?.orderStatus.message);
      },
      error: reject,
      complete: resolve, // the order is settled
    });
});
await socket.dispose();
client.stop();
