import { createClient, fetchExchange } from "@urql/core";

const client = createClient({ url: "/graphql", exchanges: [fetchExchange], preferGetMethod: false });
const [output, ask, verify, leave] = document.querySelectorAll("output, #ask, #verify, #leave");
let challengeId;

/** The data of an answer. An error, unlike a refusal in `userErrors`, cannot be repaired by the customer. */
async function dataOf(source) {
  const { data, error } = await source.toPromise();
  if (error) {
    output.textContent = error.message;
    throw error;
  }
  return data;
}

async function showWallet() {
  const { me } = await dataOf(client.query("{ me { customerId wallet { available } } }", {}));
  output.textContent = me ? `${me.customerId} has ${me.wallet.available} points` : "Nobody is signed in";
  ask.hidden = me !== null;
  leave.hidden = me === null;
}

ask.onsubmit = async (event) => {
  event.preventDefault();
  const { requestOtp } = await dataOf(
    client.mutation(
      `mutation ($customerId: String!) {
        requestOtp(input: { customerId: $customerId }) { challengeId userErrors { message } }
      }`,
      { customerId: ask.elements.customerId.value },
    ),
  );
  challengeId = requestOtp.challengeId;
  output.textContent = requestOtp.userErrors[0]?.message ?? "We have sent you a password.";
  verify.hidden = challengeId === null;
};

verify.onsubmit = async (event) => {
  event.preventDefault();
  const { verifyOtp } = await dataOf(
    client.mutation(
      // A web page does not select `session`: the gateway sets cookies that scripts cannot read.
      "mutation ($input: VerifyOtpInput!) { verifyOtp(input: $input) { customer { id } userErrors { message } } }",
      { input: { challengeId, otp: verify.elements.otp.value } },
    ),
  );
  if (verifyOtp.customer === null) {
    output.textContent = verifyOtp.userErrors[0].message;
    return;
  }
  verify.hidden = true;
  await showWallet();
};

leave.onclick = async () => {
  await dataOf(client.mutation("mutation { signOut { userErrors { message } } }", {}));
  await showWallet();
};

await showWallet();
