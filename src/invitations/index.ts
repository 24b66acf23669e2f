import type { Config } from "../config/config.ts";
import type { AcceptMessages } from "../intake/index.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import { invitationsResolvers } from "./invitations.resolvers.ts";
import { makeInvitations } from "./invitations.ts";

export interface InvitationsPorts {
  config: Config;
  db: Db;
  bus: Bus;
  clock: Clock;
  acceptMessages: AcceptMessages;
}

/** The invitations by which customers bring in others, each of which becomes a referral. */
export function openInvitations({ config, db, bus, clock, acceptMessages }: InvitationsPorts) {
  const { programTimeZone: timeZone, invitationDays, invitationsPerCustomerDay: perCustomerDay, publicOrigin } = config;
  const invitations = makeInvitations({ db, bus, clock, acceptMessages, timeZone, invitationDays, perCustomerDay });
  return { resolvers: invitationsResolvers({ db, invitations, publicOrigin }) };
}
