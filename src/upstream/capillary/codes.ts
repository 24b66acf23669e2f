import type { CapillaryReason } from "./capillary-error.ts";

type Meanings = Readonly<Record<string, CapillaryReason>>;

function meaning(...rows: [CapillaryReason, ...number[]][]): Meanings {
  return Object.fromEntries(rows.flatMap(([reason, ...codes]) => codes.map((code) => [code, reason])));
}

/**
 * Codes with the same meaning in nearly every call. A points engine code may also come as a partner's code, inside
 * another answer.
 */
const usual = meaning(
  ["bad-amount", 801, 859, 878],
  ["unknown-customer", 802, 816, 881, 1012, 1014, 8015, 8109],
  ["insufficient-points", 803, 804, 805, 806, 813, 818],
  ["amount-rule", 807, 819, 821],
  ["otp-required", 808, 822, 824, 860],
  ["customer-blocked", 809, 820, 3045],
  ["redemption-not-configured", 828],
  ["not-configured", 826, 827, 885, 888, 895, 899, 1101, 3316],
  ["unknown-redemption", 811, 812, 814, 901],
  ["reversal-not-enabled", 905],
  ["already-reversed", 3802],
  // 889 stands for a bad identifier as well as for an outage: the number of retries is bounded, and giving up at once
  // would be wrong.
  ["try-later", 815, 817, 886, 887, 889, 894, 896, 898],
  ["locked", 521, 10004],
  ["not-a-member", 1620],
  ["unknown-group", 1632],
  ["bad-identifier", 1206, 1207, 1208, 1212, 1219, 1619, 1645, 15006],
  ["unknown-transaction", 10007, 10008],
  ["changed-payload", 10003],
);

/** Codes whose meaning differs in some operations. */
const own: Readonly<Record<string, Meanings>> = {
  issue: meaning(
    ["duplicate-request", 400],
    ["unknown-brand", 3004],
    ["unknown-reward", 6080, 6082],
    ["not-on-offer", 8003],
    ["points-not-redeemable", 8004],
    ["partly-issued", 8010],
    ["limit-reached", 12005],
    ["payment-config-missing", 12016, 12035],
    ["not-in-segment", 12034],
    ["no-active-card", 12050],
  ),
  "customer-reward": meaning(
    ["unknown-brand", 3004],
    ["unknown-reward", 6080, 6082],
    ["not-on-offer", 8003],
    ["limit-reached", 12005],
    ["not-in-segment", 12034],
    ["no-active-card", 12050],
  ),
  revoke: meaning(["not-revocable", 13003], ["revoke-not-enabled", 13005], ["try-later", 1018]),
  "brand-lookup": meaning(["unknown-brand", 3004]),
};

/**
 * The reason for an answer's code. A partner's code decides only if the answer's own code is unknown or says just that
 * points cannot be redeemed.
 */
export function reasonOf(operation: string, code: string | null, partnerCodes: readonly string[]): CapillaryReason {
  const meaning = code === null ? undefined : (own[operation]?.[code] ?? usual[code]);
  if (meaning !== undefined && meaning !== "points-not-redeemable") return meaning;
  const why = partnerCodes.map((partnerCode) => usual[partnerCode]).find((reason) => reason !== undefined);
  return why ?? meaning ?? "other";
}

/** Whether a refusal reports a server failure, which leaves the call's effect unknown. */
export function isServerFailure(code: string | null): boolean {
  return code !== null && /^5\d\d$/.test(code) && !(code in usual);
}
