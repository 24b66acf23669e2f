import { invalid, refused } from "../failure.ts";
import { rewardsCode } from "./codes.ts";
import type { PaymentConfig, Reward } from "./records.ts";

export interface Price {
  config: PaymentConfig | null;
  points: number;
  cash: number;
}

/** The payment details of an issue. */
export interface Payment {
  /** Null if the request leaves the choice to the reward. */
  config: { id?: number | null | undefined; redemptionValue?: number | null | undefined } | null;
  /** The number of units that a `CONV_RATIO` config converts, without a redemption value; otherwise absent. */
  quantity: number | null;
  /** The cash paid. */
  cash: number;
}

/** The price of one unit with this payment; throws if the reward does not accept it. */
export function priceOf(reward: Reward, payment: Payment): Price {
  const config = chosenConfig(reward, payment);
  const price = config ? { config, ...amounts(config, payment) } : { config, points: reward.intouchPoints, cash: 0 };
  if (payment.cash < price.cash) {
    throw invalid(`invalid payment: tender of ${price.cash} expected`, { code: rewardsCode.badRequest });
  }
  return price;
}

function chosenConfig({ paymentConfigs }: Reward, { config: chosen }: Payment): PaymentConfig | null {
  if (!chosen) {
    if (paymentConfigs.length <= 1) return paymentConfigs[0] ?? null;
    throw refused("payment mode is required", { code: rewardsCode.paymentModeMissing });
  }
  if (!chosen.id) throw invalid("payment config id is required", { code: rewardsCode.badRequest });
  const config = paymentConfigs.find(({ id }) => id === chosen.id);
  if (config) return config;
  throw refused("payment mode is not mapped to the reward", { code: rewardsCode.paymentModeNotMapped });
}

function amounts(config: PaymentConfig, { config: chosen, quantity }: Payment): Pick<Price, "points" | "cash"> {
  switch (config.mode) {
    case "POINTS":
      return { points: config.points, cash: 0 };
    case "CASH":
      return { points: 0, cash: config.cash };
    case "POINTS_CASH":
      return { points: config.points, cash: config.cash };
    case "FREE":
      return { points: 0, cash: 0 };
    case "CONV_RATIO": {
      const value = chosen?.redemptionValue ?? quantity;
      if (!value || value < 0) throw invalid("redemption value is required", { code: rewardsCode.badRequest });
      return { points: Math.round(value / config.conversionRatio), cash: 0 };
    }
  }
}
