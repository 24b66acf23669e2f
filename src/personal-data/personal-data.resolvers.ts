import { isRefused, refusal } from "../domain/refusal.ts";
import type { Resolvers } from "../graphql/generated/resolvers.ts";
import { requireOperator } from "../graphql/guards.ts";
import { audit } from "../platform/audit.ts";
import type { Clock } from "../platform/clock.ts";
import { type Db, inTransaction } from "../platform/db.ts";
import type { EraseCustomer } from "./erase-customer.ts";
import type { ExportCustomer } from "./export-customer.ts";

export function personalDataResolvers(deps: {
  db: Db;
  exportCustomer: ExportCustomer;
  eraseCustomer: EraseCustomer;
  clock: Clock;
}): Resolvers {
  const { db, exportCustomer, eraseCustomer, clock } = deps;
  return {
    Mutation: {
      async exportCustomer(_, { input: { customerId } }, context) {
        const actor = requireOperator(context, "support");
        const found = await exportCustomer(customerId);
        if (!found) {
          const message = "No data is stored about this customer.";
          return { document: null, userErrors: [refusal("CUSTOMER_NOT_FOUND", message, ["input", "customerId"])] };
        }
        await inTransaction(db, (tx) =>
          audit(tx, { at: clock.now(), actor, action: "customer.export", subject: customerId }),
        );
        return { document: JSON.stringify(found), userErrors: [] };
      },

      async eraseCustomer(_, { input }, context) {
        const operatorId = requireOperator(context, "admin");
        const note = input.note.trim();
        const noErasure = { pseudonym: null, deleted: 0, pseudonymised: 0 };
        if (note === "")
          return {
            ...noErasure,
            userErrors: [refusal("INVALID_INPUT", "note: must give the reason.", ["input", "note"])],
          };
        const answer = await eraseCustomer({ customerId: input.customerId, note, operatorId });
        return isRefused(answer) ? { ...noErasure, userErrors: answer.refusals } : { ...answer, userErrors: [] };
      },
    },
  };
}
