/** One holder at a time for each key. */
export interface Locks {
  /** Takes the key and returns how to let go of it; undefined when somebody has it. */
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
