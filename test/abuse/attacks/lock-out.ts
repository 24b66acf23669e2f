import type { Attack } from "../main.ts";
import { requestOtp, verifyOtp } from "../world.ts";

/** A stranger requests a customer's password six times, right after the customer's own request. */
export const attack: Attack = {
  async run(world) {
    const customerId = "CUST67890";
    const own = { "x-forwarded-for": "10.1.0.1" };
    const stranger = { "x-forwarded-for": "10.2.0.1" };

    await world.send(requestOtp(customerId), stranger);
    const asked = (await world.send(requestOtp(customerId), own)).body.data.requestOtp;
    const retryAt = asked.userErrors[0]?.retryAt;
    const waitS = retryAt ? Math.round((Date.parse(retryAt) - Date.now()) / 1_000) : 0;

    // Another customer, with an earlier request.
    const victim = "CUST12345";
    const sent = (await world.send(requestOtp(victim), own)).body.data.requestOtp;
    const otp = await world.sentOtp(victim);
    let letIn = 0;
    for (let round = 0; round < 6; round += 1) {
      // As if the cool-down had passed each time.
      await world.database.query("update otp_challenges set resend_after = now() - interval '1 second'");
      const answer = await world.send(requestOtp(victim), { "x-forwarded-for": `10.2.0.${round + 1}` });
      if (answer.body.data.requestOtp.challengeId) letIn += 1;
    }
    const verified = (await world.send(verifyOtp(sent.challengeId, otp), own)).body.data.verifyOtp;

    const bad = `mutation { signInWithToken(input: { token: "nonsense", customerId: "${victim}" }) { userErrors { code } } }`;
    for (let round = 0; round < 21; round += 1) await world.send(bad, own);
    const link = (await (
      await fetch(`${world.sandboxUrl}/__sandbox/client/sign-in-link?customer_id=${victim}`)
    ).json()) as { url: string };
    const token = new URL(link.url).searchParams.get("token");
    const good = await world.send(bad.replace("nonsense", String(token)), own);

    return {
      "the customer's wait for a password after a stranger's": `${waitS} s`,
      "passwords a stranger from six addresses had sent": String(letIn),
      "the customer's own password, sent before them": verified.session ? "good" : verified.userErrors[0]?.code,
      "a good sign-in link after 21 bad ones of a neighbour":
        good.body.data.signInWithToken.userErrors[0]?.code ?? "passes",
    };
  },
};
