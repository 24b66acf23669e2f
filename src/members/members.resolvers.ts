import { readAward } from "../awards/index.ts";
import { readCustomerId } from "../domain/customer-id.ts";
import { isRefused, type Refused, refusal, refused } from "../domain/refusal.ts";
import { seesAllCustomers } from "../domain/viewer.ts";
import type { LinkMemberInput, LinkRejection, Resolvers } from "../graphql/generated/resolvers.ts";
import { NO_UUID, uuidOf } from "../graphql/global-id.ts";
import { requireOperator, requireService } from "../graphql/guards.ts";
import type { Db } from "../platform/db.ts";
import type { HashNik, Identity } from "./identity.ts";
import type { LinkMember } from "./link-member.ts";
import type { MoveAward, MoveMember } from "./move-member.ts";
import { readIdentities } from "./read-identities.ts";

export interface MembersResolversDeps {
  db: Db;
  linkMember: LinkMember;
  moveMember: MoveMember;
  moveAward: MoveAward;
  hashNik: HashNik;
}

/** Each link is a transaction, and a client waits only a few seconds. */
const MAX_LINKS = 500;

/** The owners of ids by the entries so far, because a dry run stores none. */
type Owners = Map<string, string>;

/** Whether an earlier entry links one of the ids to another customer. Free ids are assigned to this customer. */
function isClaimedEarlier(owners: Owners, written: string, identities: readonly Identity[]): boolean {
  const customerId = readCustomerId(written) ?? written;
  const names = identities.map(({ kind, value }) => `${kind}:${value}`);
  if (names.some((name) => (owners.get(name) ?? customerId) !== customerId)) return true;
  for (const name of names) owners.set(name, customerId);
  return false;
}

export function membersResolvers(deps: MembersResolversDeps): Resolvers {
  const { db } = deps;

  function link(
    input: LinkMemberInput,
    { actor, owners }: { actor: string; owners?: Owners },
  ): ReturnType<LinkMember> | Refused {
    const { customerId } = input;
    const identities = readIdentities(input, deps.hashNik);
    if (isRefused(identities)) return identities;
    if (owners && isClaimedEarlier(owners, customerId, identities)) {
      const message = "An earlier entry links one of these ids to another customer.";
      return refused(refusal("MEMBER_CONFLICT", message, ["input"]));
    }
    return deps.linkMember({ customerId, identities, actor, dryRun: owners !== undefined });
  }

  return {
    Customer: {
      linkedIds: ({ customerId }, _, { viewer, loaders }) =>
        seesAllCustomers(viewer) ? loaders.linkedIds.load(customerId) : null,
    },
    LinkedId: {
      // The table has only the keyed hash of a national id, from which the id cannot be recovered.
      value: ({ kind, value }) => (kind === "NIK" ? null : value),
      linkedAt: ({ createdAt }) => createdAt,
    },

    Mutation: {
      async linkMember(_, { input }, context) {
        const answer = await link(input, { actor: requireService(context, "rewards", "support") });
        if (isRefused(answer)) return { awardsReleased: 0, userErrors: answer.refusals };
        return { awardsReleased: answer.awardsReleased, userErrors: [] };
      },

      async moveMember(_, { input }, context) {
        const operatorId = requireOperator(context, "support");
        const { customerId, toCustomerId = null, note, ...ids } = input;
        const identities = readIdentities(ids, deps.hashNik);
        const answer = isRefused(identities)
          ? identities
          : await deps.moveMember({ customerId, toCustomerId, identities, note, operatorId });
        if (isRefused(answer)) return { awardsMoved: 0, awardsKept: 0, userErrors: answer.refusals };
        return { ...answer, userErrors: [] };
      },

      async linkMembers(_, { input, dryRun }, context) {
        const actor = requireService(context, "rewards", "support");
        const report = {
          linked: 0,
          awardsReleased: 0,
          unknownCustomerIds: [] as string[],
          rejected: [] as LinkRejection[],
        };
        if (input.length > MAX_LINKS) {
          const message = `At most ${MAX_LINKS} at a time; found ${input.length}.`;
          return { ...report, userErrors: [refusal("INVALID_INPUT", message, ["input"])] };
        }
        const linkedIds = new Set<string>();
        const owners: Owners | null = dryRun ? new Map() : null;
        for (const [index, each] of input.entries()) {
          const answer = await link(each, { actor, ...(owners && { owners }) });
          if (isRefused(answer)) {
            const [{ code, message: reason }] = answer.refusals;
            report.rejected.push({ row: index + 1, code, reason });
            continue;
          }
          report.linked++;
          report.awardsReleased += answer.awardsReleased;
          linkedIds.add(answer.customerId);
        }
        const signedIn = await db.customer.findMany({ where: { customerId: { in: [...linkedIds] } } });
        for (const { customerId } of signedIn) linkedIds.delete(customerId);
        report.unknownCustomerIds = [...linkedIds];
        return { ...report, userErrors: [] };
      },

      async moveAward(_, { input }, context) {
        const operatorId = requireOperator(context, "support");
        const awardId = uuidOf("RewardAward", input.awardId) ?? NO_UUID;
        const { customerId, note } = input;
        const answer = await deps.moveAward({ awardId, customerId, note, operatorId });
        if (isRefused(answer)) return { award: null, userErrors: answer.refusals };
        return { award: await readAward(db, awardId), userErrors: [] };
      },
    },
  };
}
