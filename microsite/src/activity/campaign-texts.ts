import type { CampaignPartsFragment } from "../graphql/generated/graphql.ts";
import type { I18n } from "../i18n/i18n.tsx";

/** Describes a campaign's rewards, a sentence for each. */
export function termsOf({ t, weekdays }: I18n, campaign: CampaignPartsFragment): string[] {
  const { points, friendLadder, friendGets, productPoints, purchaseRates, minimumAmount, multipliers } = campaign;
  const { checkInDays, streakBonuses, freezes, amountPerTicket } = campaign;
  const terms: (string | false | null | undefined)[] = [
    points !== null && t("way.joining", { count: points }),
    ...(friendLadder ?? []).map(({ from, points: count }) =>
      from === 1 ? t("way.friend", { count }) : t("way.friendFrom", { from, count }),
    ),
    friendGets !== null && friendGets > 0 && t("way.friendGets", { count: friendGets }),
    productPoints &&
      (productPoints.least === productPoints.most
        ? t("way.friendBuys", { count: productPoints.most })
        : t("way.friendBuysRange", { least: productPoints.least, most: productPoints.most })),
    ...(purchaseRates ?? []).map(({ from, points: count, perAmount }) =>
      from === 0 ? t("way.purchase", { count, perAmount }) : t("way.purchaseFrom", { from, count, perAmount }),
    ),
    minimumAmount !== null && minimumAmount > 0 && t("way.minimum", { amount: minimumAmount }),
    ...(multipliers ?? []).map(({ name, factor, weekdays: days }) =>
      days ? t("way.timesOn", { name, factor, days: weekdays(days) }) : t("way.times", { name, factor }),
    ),
    checkInDays && t("way.checkIn", { least: Math.min(...checkInDays), most: Math.max(...checkInDays) }),
    ...(streakBonuses ?? []).map(({ streak, points: count }) => t("way.streak", { streak, count })),
    freezes !== null && freezes > 0 && t("way.freezes", { count: freezes }),
    amountPerTicket !== null && t("way.ticket", { amount: amountPerTicket }),
  ];
  return terms.filter((term) => typeof term === "string");
}

/** Describes the campaign's conditions: eligible members, end date, limits, crediting and expiry. */
export function conditionsOf({ t, day }: I18n, campaign: CampaignPartsFragment): string[] {
  const { newMembersWithinDays, until, capPerDay, capInTotal, pendingDays, expiryDays, action } = campaign;
  const conditions: (string | false)[] = [
    newMembersWithinDays !== null && t("way.newMembers", { count: newMembersWithinDays }),
    until !== null && t("way.until", { day: day(until) }),
    capPerDay !== null && t("way.perDay", { count: capPerDay }),
    // A registration reward is issued at most once by nature, so its total limit is not shown.
    capInTotal !== null && action !== "REGISTER" && t("way.inTotal", { count: capInTotal }),
    pendingDays > 0 && t("way.pending", { count: pendingDays }),
    expiryDays !== null && t("way.expiry", { count: expiryDays }),
  ];
  return conditions.filter((condition) => condition !== false);
}
