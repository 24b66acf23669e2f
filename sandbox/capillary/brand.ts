/** The simulated brand, its organisation and its programmes. */
export const brand = { id: 2049, name: "MarvelTest", orgId: 100458 } as const;

/** The programme that pays for rewards if a request names none. */
export const redemptionProgramId = 973;
/** Another programme of the same brand: its points cannot pay for rewards unless a request names it. */
export const partnerProgramId = 1041;
export const programIds: readonly number[] = [redemptionProgramId, partnerProgramId];

/** The points that a strategy makes of one unit of a source value. */
export const awardStrategies: ReadonlyMap<number, number> = new Map([
  [501, 1],
  [502, 0.5],
]);
export const expiryStrategyIds: readonly number[] = [601];

/** The expiry of all points; none expires during the sandbox's use. */
export const pointsExpireOn = "2036-12-31";
