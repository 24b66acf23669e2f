import type { Attack } from "../main.ts";
import { requestOtp, verifyOtp } from "../world.ts";

const SENDING_MS = 1_500;

/** A stranger verifies right after the request. The provider sends a password in 1.5 s, and rejects unknown ids at once. */
export const attack: Attack = {
  env: { UPSTREAM_TIMEOUT_MS: "2000" },
  async run(world) {
    async function timeOf(customerId: string, isSlow: boolean): Promise<{ ms: number; code: string }> {
      if (isSlow) {
        await fetch(`${world.sandboxUrl}/__sandbox/faults`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ upstream: "client", operation: "generate-otp", fault: "delay", delayMs: SENDING_MS }),
        });
      }
      const { challengeId } = (await world.send(requestOtp(customerId))).body.data.requestOtp;
      const { ms, body } = await world.send(verifyOtp(challengeId, "000000"));
      return { ms, code: body.data.verifyOtp.userErrors[0]?.code };
    }
    const known = await timeOf("CUST12345", true);
    const unknown = await timeOf("CUST99999", false);
    return {
      "an id that exists": `${Math.round(known.ms)} ms, ${known.code}`,
      "an id that does not": `${Math.round(unknown.ms)} ms, ${unknown.code}`,
      "they can be told apart": Math.abs(known.ms - unknown.ms) > 125 || known.code !== unknown.code ? "yes" : "no",
    };
  },
};
