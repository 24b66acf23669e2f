import type { CampaignPartsFragment, EarnedPartsFragment, RewardAction } from "../graphql/generated/graphql.ts";
import type { MessageKey } from "../i18n/i18n.tsx";
import type { Tone } from "../ui/notice.tsx";

type Award = Pick<EarnedPartsFragment, "state" | "unit" | "availableAt" | "claimable">;

/** Returns the tone of an award's badge. A pending or uncertain award never looks like an error. */
export function toneOf({ state, claimable }: Award): Tone | "plain" {
  if (claimable) return "good";
  switch (state) {
    case "CREDITED":
      return "good";
    case "PENDING":
      return "info";
    case "UNCERTAIN":
    case "NEEDS_ATTENTION":
      return "calm";
    case "REFUSED":
    case "CANCELLED":
    case "LAPSED":
      return "plain";
  }
}

/** Returns the message for the award's badge. */
export function stateKey({ state, unit, availableAt, claimable }: Award): MessageKey {
  if (claimable) return "award.claimable";
  if (state === "CREDITED" && unit === "REWARD") return "award.fulfilled";
  if (state === "CREDITED" && unit === "TICKETS") return "award.drawn";
  if (state === "PENDING" && Date.parse(availableAt) > Date.now()) return "award.later";
  return `award.${state}`;
}

/** Returns the message that explains the badge; undefined if the badge needs no explanation. */
export function stateSentence({ state }: Award): MessageKey | undefined {
  return state === "CREDITED" || state === "PENDING" ? undefined : `award.${state}.text`;
}

/** Whether the award is points or a reward won in a draw. */
export const isPrize = ({ unit, drawId }: Pick<EarnedPartsFragment, "unit" | "drawId">) =>
  unit !== "TICKETS" && drawId !== null;

/** Whether the member earned the award by inviting a friend, or by that friend's purchase. */
export const isForInviting = ({ action, role }: Pick<EarnedPartsFragment, "action" | "role">) =>
  (action === "registerreferral" || action === "transactionreferral") && role === "SHARER";

export type Source = "DAILY_CHECK_IN" | "JOINING" | "FRIENDS" | "PURCHASES" | "DRAWS";

const sources: Record<RewardAction, Source> = {
  DAILY_CHECK_IN: "DAILY_CHECK_IN",
  REGISTER: "JOINING",
  REGISTER_REFERRAL: "FRIENDS",
  TRANSACTION_REFERRAL: "FRIENDS",
  TRANSACTION_PROMO: "PURCHASES",
  LUCKY_DRAW: "DRAWS",
};
/** Sources by the lower-case action of an award, such as `registerreferral`. */
const sourceByAction = new Map(
  Object.entries(sources).map(([action, source]) => [action.toLowerCase().replaceAll("_", ""), source]),
);

/** Returns the source of an award; undefined for an action that this page does not know. */
export const sourceOf = ({ action }: Pick<EarnedPartsFragment, "action">) => sourceByAction.get(action);
export const sourceOfCampaign = ({ action }: Pick<CampaignPartsFragment, "action">) => sources[action];
