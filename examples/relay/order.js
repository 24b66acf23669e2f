// From sign-in to a fulfilled order with Relay: HTTP for queries and mutations, server-sent events for the order.
import { randomUUID } from "node:crypto";
import { createClient } from "graphql-sse";
import relay from "relay-runtime";
import { readOtp } from "../read-otp.ts";

const {
  commitMutation,
  Environment,
  fetchQuery,
  graphql,
  Network,
  Observable,
  RecordSource,
  requestSubscription,
  Store,
} = relay;
const {
  GATEWAY = "http://localhost:4000",
  SANDBOX = "http://127.0.0.1:4010",
  CUSTOMER: customerId = "CUST12345",
} = process.env;

let accessToken;
const authorization = () => (accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` });
const events = createClient({ url: `${GATEWAY}/graphql/stream`, headers: authorization });
const environment = new Environment({
  // Ids are opaque and unique among all types, as Relay requires: all queries share a single record of an order.
  store: new Store(new RecordSource()),
  network: Network.create(
    async ({ text: query }, variables) => {
      const response = await fetch(`${GATEWAY}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", ...authorization() },
        body: JSON.stringify({ query, variables }),
      });
      return response.json();
    },
    ({ text: query }, variables) => Observable.create((sink) => events.subscribe({ query, variables }, sink)),
  ),
});

/** The only field of a mutation. A refusal is data: `code` for the program, `message` for the customer. */
const mutate = (mutation, variables) =>
  new Promise((resolve, reject) => {
    commitMutation(environment, {
      mutation,
      variables,
      onError: reject,
      onCompleted: (data) => {
        const [payload] = Object.values(data);
        const [refusal] = payload.userErrors;
        if (refusal) reject(new Error(`${refusal.code}: ${refusal.message}`));
        else resolve(payload);
      },
    });
  });

const { challengeId } = await mutate(
  graphql`
    mutation orderRequestOtpMutation($customerId: String!) {
      requestOtp(input: { customerId: $customerId }) { challengeId userErrors { code message } }
    }
  `,
  { customerId },
);
const { session } = await mutate(
  graphql`
    mutation orderVerifyOtpMutation($input: VerifyOtpInput!) {
      verifyOtp(input: $input) { session { accessToken } userErrors { code message } }
    }
  `,
  { input: { challengeId, otp: await readOtp(SANDBOX, customerId) } },
);
accessToken = session.accessToken;

const { me, rewards } = await fetchQuery(
  environment,
  graphql`
    query orderHomeQuery {
      me { wallet { balance available } }
      rewards(first: 20, filter: { kinds: [E_GIFT_VOUCHER], sources: [BIGCITY] }, sort: POINTS_ASC)
        @connection(key: "order_rewards") {
        edges { node { id name points redeemability { redeemable } } }
      }
    }
  `,
  {},
).toPromise();
// The cheapest reward that this customer can have: other rewards are sold out, or limited to one for each customer.
const reward = rewards.edges.map(({ node }) => node).find(({ redeemability }) => redeemability.redeemable);
console.log(`${me.wallet.available} points; ${reward.name} costs ${reward.points}`);

await mutate(
  graphql`
    mutation orderAddToCartMutation($rewardId: ID!) {
      addToCart(input: { rewardId: $rewardId }) { cart { version total } userErrors { code message } }
    }
  `,
  { rewardId: reward.id },
);
// An idempotency key for each intended order: a repeated request with the same key returns the same order.
const { order } = await mutate(
  graphql`
    mutation orderPlaceOrderMutation($idempotencyKey: String!) {
      placeOrder(input: { idempotencyKey: $idempotencyKey }) { order { id number status } userErrors { code message } }
    }
  `,
  { idempotencyKey: randomUUID() },
);

await new Promise((resolve, reject) => {
  requestSubscription(environment, {
    subscription: graphql`
      subscription orderStatusSubscription($orderId: ID!) {
        orderStatus(orderId: $orderId) { seq status pointsState message order { id status } }
      }
    `,
    variables: { orderId: order.id },
    onNext: ({ orderStatus: { status, pointsState, message } }) =>
      console.log(order.number, status, pointsState, message),
    onError: reject,
    onCompleted: resolve, // the order is settled
  });
});
// The events have updated the record in the store.
console.log(order.number, "in the store:", environment.getStore().getSource().get(order.id).status);
