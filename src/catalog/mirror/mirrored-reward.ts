import type { RewardKind, WalletKind } from "../../domain/generated/words.ts";
import { isOwn, languageTag, type RewardTexts } from "../../texts/index.ts";
import type { CapillaryReward, PaymentConfig } from "../../upstream/capillary/wire/reward.ts";

/**
 * A Capillary reward in the format of the own table. Fields that only the full definition has are null if the list
 * omits them.
 */
export interface MirroredReward {
  upstreamId: string;
  sku: string;
  name: string;
  description: string | null;
  kind: RewardKind;
  points: number;
  brand: string;
  category: string;
  terms: string | null;
  validFrom: Date | null;
  validUntil: Date | null;
  active: boolean;
  payableWith: WalletKind[];
  paymentConfigs: PaymentConfig[];
  upstreamImageUrl: string | null;
}

/** The holder of customers' own points; see the setting `CAPILLARY_INDIVIDUAL_LEDGER`. */
export type IndividualLedger = "client" | "capillary";

/** The SKU prefix of Capillary's rewards. */
export const MIRRORED_SKU = "CAP-";
const ID = /^[\w.-]{1,60}$/;
const CATEGORY_OF_THE_REST = "More rewards";

/** @returns null if the id has no acceptable form */
export function toMirrored(
  reward: CapillaryReward,
  { brandName, ledger }: { brandName: string; ledger: IndividualLedger },
): MirroredReward | null {
  if (!ID.test(reward.id)) return null;
  const points = wholePoints(reward.points);
  const from = inRange(reward.startsAt);
  const until = inRange(reward.endsAt);
  const isInOrder = !from || !until || from < until;
  return {
    upstreamId: reward.id,
    sku: `${MIRRORED_SKU}${reward.id}`,
    name: plain(reward.name, 200) ?? reward.id,
    description: plain(reward.description, 10_000),
    kind: kindOf(reward),
    points: points ?? 0,
    brand: plain(reward.vendor, 200) ?? plain(brandName, 200) ?? "Capillary",
    category: plain(reward.categories[0], 200) ?? plain(reward.shelves[0], 200) ?? CATEGORY_OF_THE_REST,
    terms: plain(reward.termsText, 10_000),
    validFrom: isInOrder ? from : null,
    validUntil: until,
    // A reward with an invalid price, or with an end before its start, is hidden from customers.
    active: reward.isEnabled !== false && points !== null && isInOrder,
    payableWith: walletsFor(reward, ledger),
    paymentConfigs: reward.paymentConfigs.map((config) => ({
      ...config,
      id: plain(config.id, 100),
      mode: plain(config.mode, 100) ?? "",
    })),
    upstreamImageUrl: plain(reward.imageUrl ?? reward.thumbnailUrl, 4_000),
  };
}

/** The texts in languages other than the programme's. A language without a name is left out. */
export function textsByLanguage({ texts }: Pick<CapillaryReward, "texts">, own: string): Record<string, RewardTexts> {
  return Object.fromEntries(
    texts.flatMap(({ language, ...words }) => {
      const tag = languageTag.safeParse(language?.replaceAll("_", "-"));
      const name = plain(words.name, 200);
      if (!tag.success || isOwn(tag.data, own) || name === null) return [];
      const description = plain(words.description, 10_000) ?? name;
      return [[tag.data, { name, description, terms: plain(words.termsText, 10_000) }]];
    }),
  );
}

/**
 * The wallets that could pay for a unit. Capillary charges a group's points itself, by the points price. If the points
 * provider holds the customer's own points, Capillary must issue the reward free of charge, which it does only through
 * a `FREE` config, or for a price of 0 without a config. If Capillary holds them, it charges the same price, and issues
 * nothing with a price free of charge.
 */
export function walletsFor(
  { points, paymentConfigs }: Pick<CapillaryReward, "points" | "paymentConfigs">,
  ledger: IndividualLedger,
): WalletKind[] {
  const price = wholePoints(points);
  if (price === null) return [];
  const hasConfig = (mode: string) => paymentConfigs.some((config) => config.mode === mode);
  const isBare = paymentConfigs.length === 0;
  // Capillary charges the exact price, but the own ledger has whole points.
  const hasPrice = price === (points ?? 0) && price > 0 && (isBare || hasConfig("POINTS"));
  const isFree = hasConfig("FREE") || (isBare && price === 0);
  const wallets: WalletKind[] = [];
  if (ledger === "client" ? isFree : hasPrice || (isFree && price === 0)) wallets.push("INDIVIDUAL");
  if (hasPrice) wallets.push("GROUP");
  return wallets;
}

/** Rounded up, so that it is never below the cost. An absent price is 0; null is an unreadable one. */
function wholePoints(points: number | null): number | null {
  const whole = Math.ceil(points ?? 0);
  return Number.isSafeInteger(whole) && whole >= 0 ? whole : null;
}

const vendors = new Set(["VENDOR_ONLY_REWARD", "VENDOR_INTOUCH_REWARD", "GIFT_CARD"]);

/** Both fields are open sets: a reward that is neither shipped nor a vendor's is a coupon. */
function kindOf({ type, redemptionType }: CapillaryReward): RewardKind {
  if (type === "PHYSICAL_VOUCHER" || redemptionType === "PHYSICAL_REWARD") return "MERCHANDISE";
  return redemptionType !== null && vendors.has(redemptionType) ? "E_GIFT_VOUCHER" : "COUPON";
}

/** PostgreSQL stores neither NUL nor unpaired surrogates. */
function plain(text: string | null | undefined, maxLength: number): string | null {
  const kept = (text ?? "").replaceAll("\0", "").trim().slice(0, maxLength).toWellFormed();
  return kept === "" ? null : kept;
}

/** Years that all components can represent. */
function inRange(date: Date | null): Date | null {
  const year = date?.getUTCFullYear() ?? 0;
  return date && year >= 1 && year <= 9_999 ? date : null;
}
