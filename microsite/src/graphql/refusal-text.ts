import type { I18n, MessageKey } from "../i18n/i18n.tsx";
import type { RefusalFragment } from "./generated/graphql.ts";

/** Returns the localised message for a refusal; without a translation, the gateway's English message. */
export function refusalText({ t }: I18n, refusal: RefusalFragment): string {
  switch (refusal.__typename) {
    case "OtpInvalid":
      return t("refusal.OTP_INVALID", { left: refusal.attemptsLeft });
    case "InsufficientPoints":
      return t("refusal.INSUFFICIENT_POINTS", { short: refusal.shortBy });
    case "SoldOut":
      return t("refusal.SOLD_OUT", { left: refusal.availableQuantity });
    case "LimitReached":
      return t("refusal.LIMIT_REACHED", { limit: refusal.limit });
    case "NotRedeemable":
      return t(`reason.${refusal.reason}`);
    default:
      return messageKeys[refusal.code] ? t(messageKeys[refusal.code] as MessageKey) : refusal.message;
  }
}

const messageKeys: Partial<Record<RefusalFragment["code"], MessageKey>> = {
  OTP_EXPIRED: "refusal.OTP_EXPIRED",
  OTP_INVALID: "refusal.OTP_EXPIRED",
  CUSTOMER_BLOCKED: "refusal.CUSTOMER_BLOCKED",
  SIGN_IN_LINK_OFF: "link.off",
  SIGN_IN_LINK_INVALID: "link.invalid",
  SIGN_IN_LINK_EXPIRED: "link.expired",
  SIGN_IN_LINK_USED: "link.used",
  CART_CONFLICT: "refusal.CART_CONFLICT",
  CART_EMPTY: "refusal.CART_EMPTY",
  WALLET_NOT_SUPPORTED: "reason.WALLET_NOT_SUPPORTED",
  GROUP_NOT_FOUND: "reason.GROUP_NOT_FOUND",
  NOT_A_GROUP_MEMBER: "reason.NOT_A_GROUP_MEMBER",
  UPSTREAM_UNAVAILABLE: "reason.UPSTREAM_UNAVAILABLE",
  INVITATION_NOT_FOUND: "invited.NOT_FOUND",
  INVITATION_OWN: "invited.OWN",
  INVITATION_ALREADY_ACCEPTED: "invited.ALREADY_ACCEPTED",
  INVITATION_FOR_NEW_CUSTOMERS: "invited.FOR_NEW_CUSTOMERS",
  INVITATION_LIMIT_REACHED: "invited.LIMIT_REACHED",
  WISH_LIST_FULL: "wish.full",
  NOT_CANCELLABLE: "refusal.NOT_CANCELLABLE",
  NOT_RETURNABLE: "refusal.NOT_RETURNABLE",
  RETURN_REQUESTED: "return.OPEN",
  NOT_REVERSIBLE: "refusal.NOT_REVERSIBLE",
  QUANTITY_INVALID: "refusal.QUANTITY_INVALID",
  LINE_NOT_FOUND: "refusal.CART_CONFLICT",
  ADDRESS_REQUIRED: "problem.ADDRESS_REQUIRED",
};
