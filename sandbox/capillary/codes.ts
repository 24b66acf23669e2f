/** Capillary's codes in the sandbox's answers. The same number may have another meaning in another call. */

export const rewardsCode = {
  issued: 200,
  badRequest: 400,
  customerUnknown: 1014,
  reversalFailed: 1018,
  brands: 3001,
  brandUnknown: 3004,
  catalogue: 6101,
  notAvailable: 8003,
  notRedeemable: 8004,
  payloadDiffers: 10003,
  customerBusy: 10004,
  transactionUnknown: 10007,
  transactionEmpty: 10008,
  limitReached: 12005,
  paymentModeNotMapped: 12016,
  outsideSegment: 12034,
  paymentModeMissing: 12035,
  noActiveCard: 12050,
  notIssued: 13003,
  revokeOff: 13005,
  identifierMissing: 15006,
} as const;

export const pointsCode = {
  done: 800,
  badAmount: 801,
  otpProblem: 808,
  customerUnknown: 816,
  balanceTooLow: 818,
  fraud: 820,
  notConfigured: 828,
  tooPrecise: 878,
  badIdentifier: 889,
  customerBusy: 521,
  programUnknown: 1101,
  entityTypeUnknown: 1212,
  notInGroup: 1620,
  groupUnknown: 1632,
  noHierarchy: 1656,
  customerUnknownV2: 8015,
  allocationRefused: 8136,
  payloadDiffers: 10003,
} as const;

/** Codes specific to `points/reverse`. */
export const reverseCode = {
  redemptionUnknown: 901,
  duplicate: 902,
  otherCustomer: 903,
  tooMuch: 904,
  reversalOff: 905,
  alreadyReversed: 3802,
} as const;
