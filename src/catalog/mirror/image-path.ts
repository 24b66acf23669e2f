/** Where the picture of a mirrored reward is served: a signed address at Capillary would be dead within the hour. */
export const imagePath = (rewardId: string) => `/images/rewards/${rewardId}`;
