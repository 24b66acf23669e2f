import type { Config } from "../config/config.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db.ts";
import { consoleLoaders } from "./console.loaders.ts";
import { consoleResolvers } from "./console.resolvers.ts";
import { makeNotes } from "./notes.ts";

/** Operators at work: the attention queue, the search, notes and assignments. */
export function openConsole({ config, db, clock }: { config: Config; db: Db; clock: Clock }) {
  const notes = makeNotes({ db, clock });
  return {
    resolvers: [consoleResolvers({ db, clock, timeZone: config.programTimeZone, notes })],
    loaders: (options: { cache: boolean }) => consoleLoaders(notes, options),
  };
}
