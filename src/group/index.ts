import type { Viewer } from "../domain/viewer.ts";
import type { Clock } from "../platform/clock.ts";
import type { Capillary } from "../upstream/capillary/capillary.ts";
import { groupLoaders } from "./group.loaders.ts";
import { groupResolvers } from "./group.resolvers.ts";
import { makeReadGroups } from "./read-groups.ts";

export type { GroupLoaders } from "./group.loaders.ts";
export { availableOf, type GroupStanding, isSpendable, standingIn } from "./group-standing.ts";
export type { ReadGroups } from "./read-groups.ts";

export interface GroupPorts {
  /** Undefined without Capillary: then no groups exist. */
  capillary: Capillary | undefined;
  clock: Clock;
  pace: { capillaryCacheMs: number };
}

/** Capillary's groups, with the viewer's access rules. */
export function openGroup({ capillary, clock, pace }: GroupPorts) {
  const readGroups = makeReadGroups({ capillary, clock, keptMs: pace.capillaryCacheMs });
  return {
    readGroups,
    resolvers: groupResolvers(),
    loaders: (viewer: Viewer, requestId: string, options: { cache: boolean }) =>
      groupLoaders(readGroups, viewer, requestId, options),
  };
}
