import { sampleCustomers } from "./client/sample-world.ts";

/** The summary for a person who starts the sandbox by hand. */
export function banner(url: string): string {
  const customers = sampleCustomers.map(
    ({ customer_id, balance, earned }) => `    ${customer_id}   ${balance} points of ${earned} earned`,
  );
  return `
  Sandbox listening on ${url}

  Sample customers
${customers.join("\n")}

  Read the OTP a customer was sent
    curl '${url}/__sandbox/client/otp?customer_id=CUST12345'

  Make the next redeem happen without an answer
    curl -X POST ${url}/__sandbox/faults -d '{"upstream":"client","operation":"redeem","fault":"commit-then-drop"}'

  See what Capillary gave
    curl '${url}/__sandbox/capillary/issuals?customer=CUST12345'

  Everything else: curl ${url}/__sandbox

`;
}
