import { z } from "zod";

/**
 * Named moments in the paths of money and webhooks at which a test can kill the process, each just before or after an
 * irreversible step. A point that ends in `:answered` is reached only after the call was sent, with its answer or
 * without.
 */
export const crashPoints = [
  "place:before-commit",
  "place:after-commit",
  "claim:before-commit",
  "claim:after-commit",
  "cancel:before-commit",
  "cancel:after-commit",
  "redeem:marked",
  "redeem:answered",
  "redeem:recorded",
  "fulfil:before-commit",
  "fulfil:after-commit",
  "issue:marked",
  "issue:answered",
  "issue:recorded",
  "revoke:marked",
  "revoke:answered",
  "revoke:recorded",
  "return:marked",
  "return:answered",
  "return:recorded",
  "credit:marked",
  "credit:answered",
  "credit:recorded",
  "repair:marked",
  "repair:answered",
  "repair:recorded",
  "webhook:read",
  "webhook:answered",
  "webhook:recorded",
] as const;

export type CrashPoint = (typeof crashPoints)[number];
export type AtCrashPoint = (point: CrashPoint) => void;

export const noCrashPoints: AtCrashPoint = () => {};

const armMessage = z.object({ type: z.literal("arm-crash-point"), point: z.enum(crashPoints) });

/**
 * Lets the parent process arm a crash point with the IPC message `{ type: "arm-crash-point", point }`. The reply is `{
 * type: "crash-point-armed", point }`. This process then dies, as by `kill -9`, when it next reaches the point.
 */
export function openCrashPoints(): AtCrashPoint {
  let armed: CrashPoint | undefined;
  process.on("message", (raw) => {
    const message = armMessage.safeParse(raw);
    if (!message.success) return;
    armed = message.data.point;
    process.send?.({ type: "crash-point-armed", point: armed });
  });
  return (point) => {
    if (point === armed) process.kill(process.pid, "SIGKILL");
  };
}
