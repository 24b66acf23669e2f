import { makeBulkhead, makeLanes } from "../platform/lanes.ts";

/** Anybody can ask to sign in: whoever waits for a customer or an address does so here, where waiting takes nothing from others. */
export interface SignInGate {
  /** @throws Busy when too many wait */
  run<T>(of: { address: string; customerId?: string }, work: () => Promise<T>): Promise<T>;
}

const WAITING_FOR_CUSTOMER = 5;
/** Neighbours behind one address come at the same moment now and then. */
const WAITING_FOR_ADDRESS = 50;
const WAITING_IN_ALL = 500;
/** The share of the database's connections that signing in can take. */
const SHARE = 0.25;

/** @param poolSize how many connections to the database there are */
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
