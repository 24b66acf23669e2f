import { type CallerOptions, makeCaller } from "./caller.ts";
import { type Catalogue, makeCatalogue } from "./catalogue.ts";
import { type Customers, makeCustomers } from "./customers.ts";
import { type Groups, makeGroups } from "./groups.ts";
import { type Issuing, makeIssuing } from "./issuing.ts";
import { makePoints, type Points } from "./points.ts";

export interface CapillaryOptions extends CallerOptions {
  /** The organisation's number. */
  orgId: string;
  /** The brand's name. */
  brand: string;
  /** The programme whose points pay for rewards. */
  programId: string;
}

/**
 * The Capillary rewards API: rewards and eligibility, groups of customers, points, and issuing. Every method throws
 * UpstreamError, and CapillaryError with a reason if Capillary refused.
 */
export interface Capillary {
  catalogue: Catalogue;
  customers: Customers;
  groups: Groups;
  issuing: Issuing;
  points: Points;
  /** See `http.ts`. */
  closeCircuits(): void;
  close(): Promise<void>;
}

export function makeCapillary(options: CapillaryOptions): Capillary {
  const caller = makeCaller(options);
  return {
    catalogue: makeCatalogue(caller, options),
    customers: makeCustomers(caller, options),
    groups: makeGroups(caller, options),
    issuing: makeIssuing(caller, options),
    points: makePoints(caller, options),
    closeCircuits: () => caller.closeCircuits(),
    close: () => caller.close(),
  };
}
