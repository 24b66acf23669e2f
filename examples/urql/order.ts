// From sign-in to a fulfilled order with urql: everything over HTTP, the order's events as server-sent events.
import { cacheExchange, createClient, fetchExchange } from "@urql/core";
import { readOtp } from "../read-otp.ts";

const {
  GATEWAY = "http://localhost:4000",
  SANDBOX = "http://127.0.0.1:4010",
  CUSTOMER: customerId = "CUST12345",
} = process.env;

interface Refusable {
  userErrors: { code: string; message: string }[];
}
/** The data of an answer. A refusal is data: `code` for the program, `message` for the customer. */
function accepted<Data extends object>({ data, error }: { data?: Data | undefined; error?: Error | undefined }): Data {
  if (error || !data) throw error ?? new Error("no answer");
  for (const payload of Object.values(data) as Partial<Refusable>[]) {
    const [refusal] = payload.userErrors ?? [];
    if (refusal) throw new Error(`${refusal.code}: ${refusal.message}`);
  }
  return data;
}

let accessToken: string | undefined;
const client = createClient({
  url: `${GATEWAY}/graphql`,
  exchanges: [cacheExchange, fetchExchange],
  preferGetMethod: false,
  fetchSubscriptions: true,
  fetchOptions: () => (accessToken === undefined ? {} : { headers: { authorization: `Bearer ${accessToken}` } }),
});

const { requestOtp } = accepted(
  await client.mutation<{ requestOtp: Refusable & { challengeId: string } }>(
    `mutation ($customerId: String!) {
      requestOtp(input: { customerId: $customerId }) { challengeId userErrors { code message } } }`,
    { customerId },
  ),
);
const { verifyOtp } = accepted(
  await client.mutation<{ verifyOtp: Refusable & { session: { accessToken: string } } }>(
    `mutation ($input: VerifyOtpInput!) {
      verifyOtp(input: $input) { session { accessToken } userErrors { code message } } }`,
    { input: { challengeId: requestOtp.challengeId, otp: await readOtp(SANDBOX, customerId) } },
  ),
);
accessToken = verifyOtp.session.accessToken;

const { me, rewards } = accepted(
  await client.query<{
    me: { wallet: { available: number } };
    rewards: { nodes: { id: string; name: string; points: number; redeemability: { redeemable: boolean } }[] };
  }>(
    `{ me { id wallet { id balance available } }
      rewards(first: 20, filter: { kinds: [E_GIFT_VOUCHER], sources: [BIGCITY] }, sort: POINTS_ASC) {
        nodes { id name points redeemability { redeemable } } } }`,
    {},
  ),
);
// The cheapest reward that this customer can have: other rewards are sold out, or limited to one for each customer.
const reward = rewards.nodes.find(({ redeemability }) => redeemability.redeemable);
console.log(`${me.wallet.available} points; ${reward?.name} costs ${reward?.points}`);

accepted(
  await client.mutation<{ addToCart: Refusable }>(
    `mutation ($rewardId: ID!) {
      addToCart(input: { rewardId: $rewardId }) { cart { id version total } userErrors { code message } } }`,
    { rewardId: reward?.id },
  ),
);
// An idempotency key for each intended order: a repeated request with the same key returns the same order.
const { placeOrder } = accepted(
  await client.mutation<{ placeOrder: Refusable & { order: { id: string; number: string } } }>(
    `mutation ($idempotencyKey: String!) {
      placeOrder(input: { idempotencyKey: $idempotencyKey }) { order { id number status } userErrors { code message } } }`,
    { idempotencyKey: crypto.randomUUID() },
  ),
);
const { order } = placeOrder;

await new Promise<void>((resolve, reject) => {
  client
    .subscription<{
      orderStatus: { status: string; pointsState: string; message: string; order: { settled: boolean } };
    }>(
      `subscription ($orderId: ID!) {
        orderStatus(orderId: $orderId) { seq status pointsState message order { id settled } } }`,
      { orderId: order.id },
    )
    .subscribe(({ data, error }) => {
      if (error) return reject(error);
      if (!data) return;
      const { status, pointsState, message, order: now } = data.orderStatus;
      console.log(order.number, status, pointsState, message);
      // `now` may be newer than the event: the order is settled only when the event's own status is final, too.
      if (now.settled && status !== "PENDING" && status !== "PROCESSING") resolve();
    });
});
process.exit(); // a page unsubscribes when the customer leaves it
