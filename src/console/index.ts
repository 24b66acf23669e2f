import type { Config } from "../config/config.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import type { Logger } from "../platform/logger.ts";
import { consoleLoaders } from "./console.loaders.ts";
import { consoleResolvers } from "./console.resolvers.ts";
import { makeNotes } from "./notes.ts";

const WATCH_EVERY_MS = 2_000;

/** The operators' console: the attention queue, the search, notes and assignments. */
export function openConsole({ config, db, clock, log }: { config: Config; db: Db; clock: Clock; log: Logger }) {
  const notes = makeNotes({ db, clock });
  return {
    resolvers: [
      consoleResolvers({ db, clock, timeZone: config.programTimeZone, notes, watchEveryMs: WATCH_EVERY_MS, log }),
    ],
    loaders: (options: { cache: boolean }) => consoleLoaders(notes, options),
  };
}
