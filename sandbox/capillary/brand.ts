/** The one brand the sandbox plays, in the organisation and with the programmes it has. */
export const brand = { id: 2049, name: "MarvelTest", orgId: 100458 } as const;

/** Where rewards are paid from when a request names no programme. */
export const redemptionProgramId = 973;
/** Another programme of the same brand: its points cannot pay for rewards unless a request names it. */
export const partnerProgramId = 1041;
export const programIds: readonly number[] = [redemptionProgramId, partnerProgramId];

/** How many points a strategy makes of one unit of a source value. */
export const awardStrategies: ReadonlyMap<number, number> = new Map([
  [501, 1],
  [502, 0.5],
]);
export const expiryStrategyIds: readonly number[] = [601];

/** Points are good until then, all of them: the sandbox lets none expire. */
export const pointsExpireOn = "2036-12-31";
