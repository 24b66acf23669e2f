/** Exclusive locks by key. */
export interface Locks {
  /** Acquires the lock and returns its release; undefined if it is held. */
  take(key: number): (() => void) | undefined;
}

export function makeLocks(): Locks {
  const held = new Set<number>();
  return {
    take: (key) => {
      if (held.has(key)) return undefined;
      held.add(key);
      return () => held.delete(key);
    },
  };
}
