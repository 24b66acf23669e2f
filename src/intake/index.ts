import type { Config } from "../config/config.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import type { Bus } from "../platform/events.ts";
import { makeCheckIn } from "./check-in.ts";
import { intakeResolvers } from "./intake.resolvers.ts";
import type { Processor } from "./open-processor.ts";
import { makeRedriveReward } from "./quarantine/redrive-reward.ts";

export type { AcceptMessages } from "./accept-messages.ts";
export { readOutcomes } from "./outcomes.ts";
export { ownMessage } from "./own-message.ts";
export { mountRewardProcessor } from "./reward-route.ts";

export interface IntakePorts {
  config: Config;
  db: Db;
  bus: Bus;
  clock: Clock;
  processor: Processor;
}

/** The entry points for messages: GraphQL, HTTP, check-ins, the quarantine. */
export function openIntake({ config, db, bus, clock, processor }: IntakePorts) {
  const { processMessage, acceptMessages, hashNik } = processor;
  const timeZone = config.programTimeZone;
  return {
    processReward: processMessage.process,
    resolvers: intakeResolvers({
      db,
      processMessage,
      checkIn: makeCheckIn({ accept: processMessage.accept, clock, timeZone }),
      redriveReward: makeRedriveReward({ db, bus, clock, acceptMessages, hashNik, timeZone }),
    }),
  };
}
