import type { CampaignPartsFragment, EarnedPartsFragment, RewardAction } from "../graphql/generated/graphql.ts";
import type { MessageKey } from "../i18n/i18n.tsx";
import type { Tone } from "../ui/notice.tsx";

type Award = Pick<EarnedPartsFragment, "state" | "unit" | "availableAt" | "claimable">;

/** Nothing that is on its way or being sorted out is shown as an error. */
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

/** In a word or two. */
export function stateKey({ state, unit, availableAt, claimable }: Award): MessageKey {
  if (claimable) return "award.claimable";
  if (state === "CREDITED" && unit === "REWARD") return "award.given";
  if (state === "CREDITED" && unit === "TICKETS") return "award.drawn";
  if (state === "PENDING" && Date.parse(availableAt) > Date.now()) return "award.later";
  return `award.${state}`;
}

/** What there is to add; undefined where the word says it all. */
export function stateSentence({ state }: Award): MessageKey | undefined {
  return state === "CREDITED" || state === "PENDING" ? undefined : `award.${state}.text`;
}

/** Points or a reward that a ticket has won, as opposed to what was earned by doing something. */
export const isPrize = ({ unit, drawId }: Pick<EarnedPartsFragment, "unit" | "drawId">) =>
  unit !== "TICKETS" && drawId !== null;

/** Whether it was for bringing somebody in, or for what they bought then. */
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
/** An award says the same words in one: `registerreferral`. */
const byWord = new Map(
  Object.entries(sources).map(([action, source]) => [action.toLowerCase().replaceAll("_", ""), source]),
);

/** What a member would say it came from; undefined of an action that is new to this page. */
export const sourceOf = ({ action }: Pick<EarnedPartsFragment, "action">) => byWord.get(action);
export const sourceOfCampaign = ({ action }: Pick<CampaignPartsFragment, "action">) => sources[action];
