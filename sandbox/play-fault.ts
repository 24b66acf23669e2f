import type { Delivery } from "./delivery.ts";
import { type Failure, refused } from "./failure.ts";
import type { Fault, Faults } from "./faults.ts";
import type { Pauses } from "./pauses.ts";
import type { Upstream } from "./upstream.ts";

/**
 * Plays one scripted fault.
 * @param effect checks and performs the call, and returns its normal answer
 * @param hungUp resolves once the caller has disconnected
 * @param hangUp resets the caller's connection
 * @returns the answer to send instead
 */
export async function playFault(
  fault: Fault,
  upstream: Upstream,
  effect: () => Promise<Delivery>,
  {
    pauses,
    faults,
    hungUp,
    hangUp,
  }: { pauses: Pauses; faults: Pick<Faults, "hold">; hungUp: () => Promise<unknown>; hangUp: () => void },
): Promise<Delivery> {
  const commitsFirst = fault.commit === true || fault.fault === "commit-then-drop";
  const early = commitsFirst ? await effect() : undefined;
  // A delay cut short means that the sandbox was reset or stopped: a late effect must not reach the new data.
  if (fault.delayMs && !(await pauses.wait(fault.delayMs))) return { kind: "drop" };

  switch (fault.fault) {
    case "hold":
    case "never-answer": {
      if (fault.hangUp) hangUp();
      const how = await faults.hold(fault, fault.fault === "never-answer" ? hungUp() : undefined);
      return how === "drop" ? { kind: "drop" } : (early ?? (await effect()));
    }
    case "delay":
      return early ?? (await effect());
    case "drop-before":
    case "commit-then-drop":
      return { kind: "drop" };
    case "refuse":
      return upstream.answerTo(scriptedRefusal(fault));
    case "rate-limit":
      return { ...upstream.answerTo(refused("Too many requests")), status: 429, headers: { "retry-after": "1" } };
    case "http-500":
      return { kind: "page", status: 500, html: page("500 Internal Server Error") };
    case "malformed":
      if (fault.message === "half") return { kind: "cut", body: early?.kind === "json" ? early.body : noEffect };
      return { kind: "page", status: 200, html: page("Service temporarily unavailable") };
  }
}

function scriptedRefusal({ message = "Refused by scripted fault", code, partnerCode }: Fault): Failure {
  return refused(message, {
    ...(code !== undefined && { code }),
    ...(partnerCode !== undefined && { partner: { code: partnerCode, message } }),
  });
}

/** A body that resembles success. If the call had no effect, the caller gets its first half. */
const noEffect = { status: true, message: "Request processed successfully" };

const page = (title: string): string =>
  `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`;
