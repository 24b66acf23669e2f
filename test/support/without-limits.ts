/** Settings without rate limits for visitors: one address plays all of them. */
export const withoutLimits = {
  OTP_PER_ADDRESS_HOUR: "100000",
  OTP_PER_MINUTE: "100000",
  COST_PER_MINUTE_CUSTOMER: "1000000000",
  COST_PER_MINUTE_ADDRESS: "1000000000",
  COST_PER_MINUTE: "1000000000",
  SOCKETS_PER_SESSION: "100000",
  SOCKETS_PER_ADDRESS: "100000",
};
