import { randomInt } from "node:crypto";
import { refused } from "../failure.ts";

const lifetimeMs = 5 * 60_000;
const tries = 3;

/** The newest one-time password of a customer, as the control surface shows it. */
export interface SentOtp {
  customer_id: string;
  otp: string;
  reference_id: string;
  expires_at: string;
  /** 0 after its use or too many wrong tries. */
  attempts_left: number;
}

export interface Otps {
  /** "Sends" a new one. The customer's older passwords stay valid, each under its own reference. */
  send(customerId: string): SentOtp;
  /** Consumes it; throws the same refusal for every reason. */
  verify(customerId: string, referenceId: string, otp: string): void;
  last(customerId: string): SentOtp | undefined;
  clear(): void;
}

export function makeOtps(clock: { now(): Date }): Otps {
  const newest = new Map<string, SentOtp>();
  const byReference = new Map<string, SentOtp>();
  const isOver = ({ expires_at }: SentOtp) => clock.now() >= new Date(expires_at);
  return {
    send: (customer_id) => {
      const sent: SentOtp = {
        customer_id,
        otp: digits(6),
        reference_id: `REF${digits(12)}`,
        expires_at: new Date(clock.now().getTime() + lifetimeMs).toISOString(),
        attempts_left: tries,
      };
      for (const [reference, older] of byReference) if (isOver(older)) byReference.delete(reference);
      byReference.set(sent.reference_id, sent);
      newest.set(customer_id, sent);
      return { ...sent };
    },
    verify: (customerId, referenceId, otp) => {
      const sent = byReference.get(referenceId);
      // A foreign reference does not count as a try: it can never succeed, and must not lock the customer out.
      if (!sent || sent.customer_id !== customerId || sent.attempts_left === 0 || isOver(sent))
        throw refused("Invalid OTP");
      sent.attempts_left -= 1;
      if (sent.otp !== otp) throw refused("Invalid OTP");
      sent.attempts_left = 0;
    },
    last: (customerId) => {
      const sent = newest.get(customerId);
      return sent && { ...sent };
    },
    clear() {
      newest.clear();
      byReference.clear();
    },
  };
}

const digits = (count: number): string => String(randomInt(10 ** count)).padStart(count, "0");
