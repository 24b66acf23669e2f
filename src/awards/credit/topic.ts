/** Rung when awards may have become creditable: they were made, or their member's customer became known. */
export const AWARDS_TO_CREDIT = "reward-awards/to-credit";
