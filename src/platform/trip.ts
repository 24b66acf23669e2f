/**
 * Named moments in the money paths at which a test can kill the process, each just before or after something that cannot
 * be undone. Nothing is armed unless the setting `TRIP_POINT` names it, which production refuses.
 */
export const tripPoints = [
  "place:before-commit",
  "place:after-commit",
  "claim:before-commit",
  "claim:after-commit",
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
  "return:marked",
  "return:answered",
  "return:recorded",
  "credit:marked",
  "credit:answered",
] as const;

export type TripPoint = (typeof tripPoints)[number];
export type Trip = (point: TripPoint) => void;

export const noTrip: Trip = () => {};

/** Kills this process, as `kill -9` would, when it comes to `armed`. */
export function makeTrip(armed: TripPoint | undefined): Trip {
  if (armed === undefined) return noTrip;
  return (point) => {
    if (point === armed) process.kill(process.pid, "SIGKILL");
  };
}
