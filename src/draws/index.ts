import type { Cipher } from "../platform/cipher.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import type { DrawStore } from "./draw.store.ts";
import { drawsResolvers } from "./draws.resolvers.ts";
import { makeManageDraws } from "./manage-draws.ts";
import { makePublishDraw } from "./publish-draw.ts";

export { type AnnouncedDraw, announcedDraws } from "./announced-draw.ts";
export { type DrawnTicket, type DrawStore, makeDrawStore, type OpenDraw } from "./draw.store.ts";
export { mountDraws } from "./draw-route.ts";
export { prizeAward, prizeKey } from "./prize-award.ts";
export { hex32 } from "./seed.ts";

export interface DrawsPorts {
  db: Db;
  clock: Clock;
  draws: DrawStore;
  /** Encrypts the seeds of draws. */
  seeds: Cipher;
}

/** Lucky draws that anybody can verify. */
export function openDraws({ db, clock, draws, seeds }: DrawsPorts) {
  return {
    publishDraw: makePublishDraw({ db, seeds }),
    resolvers: drawsResolvers({ db, manageDraws: makeManageDraws({ db, draws, clock }) }),
  };
}
