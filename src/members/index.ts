import type { AppendMemberEvents } from "../feed/index.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import type { HashNik } from "./identity.ts";
import { makeLinkMember } from "./link-member.ts";
import { membersLoaders } from "./members.loaders.ts";
import { membersResolvers } from "./members.resolvers.ts";
import { makeMoveMember } from "./move-member.ts";

export { type HashNik, makeHashNik, type Person, personOf, userId } from "./identity.ts";
export type { LinkedId, MembersLoaders } from "./members.loaders.ts";
export { dataKeyCipher, openNikKey } from "./nik-key.ts";
export { type Member, resolveMembers } from "./resolve-members.ts";

export interface MembersPorts {
  db: Db;
  bus: Bus;
  clock: Clock;
  appendMemberEvents: AppendMemberEvents;
  hashNik: HashNik;
}

/** Members, their identities, and their links to customers. */
export function openMembers({ hashNik, ...ports }: MembersPorts) {
  return {
    loaders: (options: { cache: boolean }) => membersLoaders(ports.db, options),
    resolvers: membersResolvers({
      db: ports.db,
      linkMember: makeLinkMember(ports),
      ...makeMoveMember(ports),
      hashNik,
    }),
  };
}
