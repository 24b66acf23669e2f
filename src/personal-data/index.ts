import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import { makeEraseCustomer } from "./erase-customer.ts";
import { makeExportCustomer } from "./export-customer.ts";
import { personalDataResolvers } from "./personal-data.resolvers.ts";

export { withoutNormalisations } from "./erase-customer.ts";

/** The export and the erasure of a customer's stored data. */
export function openPersonalData(ports: { db: Db; bus: Bus; clock: Clock }) {
  const { db, clock } = ports;
  return {
    resolvers: personalDataResolvers({
      db,
      exportCustomer: makeExportCustomer({ db, clock }),
      eraseCustomer: makeEraseCustomer(ports),
      clock,
    }),
  };
}
