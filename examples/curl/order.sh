#!/usr/bin/env bash
# From sign-in to a fulfilled order, with curl alone.
set -euo pipefail
GATEWAY=${GATEWAY:-http://localhost:4000} SANDBOX=${SANDBOX:-http://127.0.0.1:4010} CUSTOMER=${CUSTOMER:-CUST12345}
headers=(-H 'content-type: application/json')

graphql() { curl -sS --fail-with-body "$GATEWAY/graphql" "${headers[@]}" "${@:2}" -d "$1"; }
# Ends the script if the answer is a refusal, such as OTP_THROTTLED: passwords are sent at least half a minute apart.
accepted() { [[ $1 == *'"userErrors":[]'* ]] || { echo "$1" >&2; exit 1; }; }
# The value of a field that occurs once in the JSON.
value() { sed -nE "s/.*\"$1\":\"?([^\",}]*).*/\1/p"; }

# The password is sent to the customer's phone. The sandbox returns the password that it "sent".
requested=$(graphql '{"query":"mutation ($id: String!) { requestOtp(input: { customerId: $id }) { challengeId userErrors { code message } } }",
  "variables":{"id":"'"$CUSTOMER"'"}}')
accepted "$requested"
challenge=$(value challengeId <<<"$requested")
for _ in {1..50}; do # the password is sent after the answer
  otp=$(curl -sS "$SANDBOX/__sandbox/client/otp?customer_id=$CUSTOMER" | value otp)
  [[ $otp ]] && break
  sleep 0.1
done
verified=$(graphql '{"query":"mutation ($input: VerifyOtpInput!) { verifyOtp(input: $input) { session { accessToken } userErrors { code message } } }",
  "variables":{"input":{"challengeId":"'"$challenge"'","otp":"'"$otp"'"}}}')
accepted "$verified"
headers+=(-H "authorization: Bearer $(value accessToken <<<"$verified")")

graphql '{"query":"{ me { wallet { balance available } } }"}'
echo
# The cheapest reward that this customer can have: other rewards are sold out, or limited to one for each customer.
reward=$(graphql '{"query":"{ rewards(first: 20, filter: { kinds: [E_GIFT_VOUCHER], sources: [BIGCITY] }, sort: POINTS_ASC) { nodes { id redeemability { redeemable } } } }"}' |
  grep -oE '"id":"[^"]*","redeemability":\{"redeemable":true' | head -1 | value id)
graphql '{"query":"mutation ($id: ID!) { addToCart(input: { rewardId: $id }) { cart { total } userErrors { code message } } }",
  "variables":{"id":"'"$reward"'"}}'
echo
# An idempotency key for each intended order: a repeated request with the same key returns the same order.
placed=$(graphql '{"query":"mutation ($key: String!) { placeOrder(input: { idempotencyKey: $key }) { order { id } userErrors { code message } } }",
  "variables":{"key":"'"$(date +%s)-$RANDOM$RANDOM"'"}}')
accepted "$placed"
order=$(value id <<<"$placed")
# Server-sent events: the state now, then every change, until the order is settled.
graphql '{"query":"subscription ($id: ID!) { orderStatus(orderId: $id) { seq status pointsState message } }",
  "variables":{"id":"'"$order"'"}}' -N -H 'accept: text/event-stream'
graphql '{"query":"query ($id: ID!) { order(id: $id) { number status lines { name vouchers { maskedCode } } } }",
  "variables":{"id":"'"$order"'"}}'
echo
