import type { Viewer } from "../domain/viewer.ts";

/** The operation of the loaders. */
export interface LoadersOf {
  viewer: Viewer;
  requestId: string;
  options: { cache: boolean };
}

/** @param all the loaders of every feature, for loaders that use others */
type MakeLoaders<Loaders> = (of: LoadersOf, all: Loaders) => Partial<Loaders>;

/**
 * Loaders of several features as one object. The loaders of a feature are created at first use, because most operations
 * use two features and about forty loaders exist.
 *
 * @param features each is called once here with `example`, to get the names of its loaders
 */
export function lazyLoaders<Loaders extends object>(
  features: readonly MakeLoaders<Loaders>[],
  example: LoadersOf,
): (of: LoadersOf) => Loaders {
  class Lazy {
    readonly of: LoadersOf;
    readonly made: Partial<Loaders>[] = [];
    constructor(of: LoadersOf) {
      this.of = of;
    }
  }
  const make = (of: LoadersOf) => new Lazy(of) as unknown as Loaders;
  for (const [place, feature] of features.entries()) {
    for (const name of Object.keys(feature(example, make(example)))) {
      Object.defineProperty(Lazy.prototype, name, {
        get(this: Lazy) {
          this.made[place] ??= feature(this.of, this as unknown as Loaders);
          return this.made[place][name as keyof Loaders];
        },
      });
    }
  }
  return make;
}
