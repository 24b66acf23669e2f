import { makeBulkhead, makeLanes } from "../platform/lanes.ts";

/**
 * Sign-in is open to anonymous clients: they queue here by customer and address, where a waiting caller holds no
 * connection.
 */
export interface SignInGate {
  /** @throws Busy if too many callers wait */
  run<T>(of: { address: string; customerId?: string }, work: () => Promise<T>): Promise<T>;
}

const WAITING_FOR_CUSTOMER = 5;
/** Several users behind one address may sign in at the same moment. */
const WAITING_FOR_ADDRESS = 50;
const WAITING_IN_ALL = 500;
/** The share of the database's connections for sign-ins. */
const SHARE = 0.25;

/** @param poolSize the number of database connections */
export function makeSignInGate(poolSize: number): SignInGate {
  const addresses = makeLanes({ maxWaiting: WAITING_FOR_ADDRESS });
  const customers = makeLanes({ maxWaiting: WAITING_FOR_CUSTOMER });
  const bulkhead = makeBulkhead({ atOnce: Math.max(1, Math.floor(poolSize * SHARE)), maxWaiting: WAITING_IN_ALL });
  return {
    run({ address, customerId }, work) {
      const counted = () => bulkhead.run(work);
      const ofCustomer = customerId === undefined ? counted : () => customers.run(customerId, counted);
      return addresses.run(address, ofCustomer);
    },
  };
}
