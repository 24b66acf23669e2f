import { z } from "zod";
import type { OperatorRole } from "../../domain/operator-roles.ts";
import { refusal } from "../../domain/refusal.ts";
import type { Resolvers, OperatorRole as ShownRole } from "../../graphql/generated/resolvers.ts";
import { requireOperator } from "../../graphql/guards.ts";
import { payloadOf } from "../../graphql/payload-of.ts";
import type { OperatorSessionStore } from "../operator-session.store.ts";
import type { OperatorAccountStore } from "./account.store.ts";

const readRoles = (roles: readonly ShownRole[]) => roles.map((role) => role.toLowerCase() as OperatorRole);
const shownRoles = ({ roles }: { roles: readonly OperatorRole[] }) =>
  roles.map((role) => role.toUpperCase() as ShownRole);

export function operatorAccountResolvers(
  accounts: OperatorAccountStore,
  sessions: Pick<OperatorSessionStore, "list" | "endById">,
): Resolvers {
  return {
    Query: {
      operatorAccounts(_, __, context) {
        requireOperator(context, "admin");
        return accounts.list();
      },
      operatorSessions(_, __, context) {
        requireOperator(context, "admin");
        return sessions.list();
      },
    },

    Mutation: {
      async createOperatorAccount(_, { input: { name, roles } }, context) {
        const by = requireOperator(context, "admin");
        return payloadOf(await accounts.create({ name, roles: readRoles(roles) }, by));
      },
      async renewOperatorAccount(_, { input }, context) {
        const by = requireOperator(context, "admin");
        return payloadOf(await accounts.renew(input.name, by));
      },
      async setOperatorAccountRoles(_, { input: { name, roles } }, context) {
        const by = requireOperator(context, "admin");
        return payloadOf(await accounts.setRoles(name, readRoles(roles), by));
      },
      async disableOperatorAccount(_, { input }, context) {
        const by = requireOperator(context, "admin");
        return payloadOf(await accounts.disable(input.name, by));
      },
      async endOperatorSession(_, { input: { id } }, context) {
        const by = requireOperator(context, "admin");
        if (z.uuid().safeParse(id).success && (await sessions.endById(id, by))) return { userErrors: [] };
        const message = "The session has ended already.";
        return { userErrors: [refusal("OPERATOR_SESSION_NOT_FOUND", message, ["input", "id"])] };
      },
    },

    OperatorAccount: { roles: shownRoles },
    OperatorSession: {
      name: ({ operatorId }) => operatorId,
      roles: shownRoles,
      startedAt: ({ createdAt }) => createdAt,
      isOwn: ({ id }, _, { viewer }) => viewer.kind === "operator" && viewer.sessionId === id,
    },
  };
}
