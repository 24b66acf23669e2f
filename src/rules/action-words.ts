import type { RewardAction } from "../domain/generated/words.ts";
import type { RewardAction as Action } from "../messages/message.ts";

/** The schema's enum values for the actions of messages. */
export const actionWords: Readonly<Record<Action, RewardAction>> = {
  register: "REGISTER",
  registerreferral: "REGISTER_REFERRAL",
  transactionpromo: "TRANSACTION_PROMO",
  transactionreferral: "TRANSACTION_REFERRAL",
  dailycheckin: "DAILY_CHECK_IN",
  luckydraw: "LUCKY_DRAW",
};
