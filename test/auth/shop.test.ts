import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway, type TestReward } from "../support/gateway.ts";
import { cookieHeader, post } from "../support/http.ts";
import { connect } from "../support/raw-socket.ts";
import { bearer, postVerifyOtp, requestOtp, sentOtp } from "../support/sign-in.ts";
import { withoutLimits } from "../support/without-limits.ts";

/** The product's limits must not affect customers who share a network address. A blank setting has its default. */
const productLimits = Object.fromEntries(Object.keys(withoutLimits).map((name) => [name, ""]));
const PEOPLE = 20;
const shop = { "x-forwarded-for": "10.8.0.1" };

let gateway: TestGateway;
let reward: TestReward;
beforeAll(async () => {
  gateway = await startTestGateway({ ...productLimits, TRUST_PROXY: "127.0.0.1" });
  reward = await gateway.merchandise({ points: 10 });
});
afterAll(() => gateway[Symbol.asyncDispose]());

test("twenty customers behind one address sign in, fill their carts and follow their feeds at once", async () => {
  const person = async (nth: number) => {
    const customerId = `SHOP-${nth}`;
    gateway.sandbox.client.addCustomer({ customer_id: customerId, balance: 500, mobile: "98XXXXXX45" });
    const origin = { ...shop, origin: gateway.url };
    const { cookies } = await post(
      gateway.url,
      { query: "{ rewards(first: 20) { nodes { id name points } } }" },
      origin,
    );
    const browser = { ...origin, cookie: cookieHeader(cookies) };
    const { challengeId, userErrors } = await requestOtp(gateway, customerId, browser);
    expect(userErrors).toEqual([]);
    const otp = await sentOtp(gateway, customerId);
    const { body } = await postVerifyOtp(gateway, { challengeId: challengeId ?? "", otp }, browser);
    const token = body.data?.verifyOtp.session?.accessToken ?? "";
    const headers = { ...shop, ...bearer(token) };
    const page = `{ me { wallet { balance } groupWallets { name } cart { total lines { id } } orders(first: 20) { nodes { id status lines { name } } } }
      rewards(first: 20) { nodes { id sku name points stock redeemability { redeemable } } } }`;
    for (let view = 1; view <= 5; view += 1) {
      const seen = await post<{ me: { wallet: { balance: number } } }>(gateway.url, { query: page }, headers);
      expect(seen.body).toMatchObject({ data: { me: { wallet: { balance: 500 } } } });
      expect(seen.body.errors).toBeUndefined();
    }
    const add = `mutation ($id: ID!) { addToCart(input: { rewardId: $id }) { cart { total } userErrors { code } } }`;
    const added = await post(gateway.url, { query: add, variables: { id: reward.id } }, headers);
    expect(added.body).toEqual({ data: { addToCart: { cart: { total: 10 }, userErrors: [] } } });
    // Two tabs, each with a socket.
    return [await connect(gateway.url, { headers, payload: {} }), await connect(gateway.url, { headers, payload: {} })];
  };
  const sockets = (await Promise.all(Array.from({ length: PEOPLE }, (_, nth) => person(nth)))).flat();
  expect(sockets.map(({ ws }) => ws.readyState)).toEqual(sockets.map(({ ws }) => ws.OPEN));
  for (const { ws } of sockets) ws.terminate();
});
