import { setTimeout as delay } from "node:timers/promises";

const [READINGS, READ_EVERY_MS] = [1_000, 20];

/**
 * @returns the password that the sandbox has sent to a customer, which may follow the answer of `requestOtp`
 * @throws Error if none is sent
 */
export async function sentOtp(sandbox: string, customerId: string): Promise<string> {
  for (let reading = 0; reading < READINGS; reading += 1) {
    const answer = await fetch(`${sandbox}/__sandbox/client/otp?customer_id=${customerId}`);
    const { otp } = (await answer.json()) as { otp?: string };
    if (otp !== undefined) return otp;
    await delay(READ_EVERY_MS);
  }
  throw new Error(`${customerId} was sent no password`);
}
