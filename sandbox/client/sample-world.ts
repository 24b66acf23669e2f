/** The customers of a fresh or reset sandbox. */
export const sampleCustomers = [
  { customer_id: "CUST12345", earned: 5000, balance: 3500, mobile: "98XXXXXX45" },
  { customer_id: "CUST67890", earned: 12000, balance: 8200, mobile: "97XXXXXX10" },
  { customer_id: "CUST00001", earned: 0, balance: 0, mobile: "90XXXXXX01" },
] as const;

/** A fixed moment: these openings are not in the journal and must be the same at every start. */
export const sampleOpenedAt = "2026-01-01T00:00:00.000Z";
