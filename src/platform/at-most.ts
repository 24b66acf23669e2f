/**
 * The options of an LRUCache that keeps at most `entries`. Its own `max` allocates the places of all of them at once, which takes
 * milliseconds of a start and a megabyte for tens of thousands.
 */
export const atMost = (entries: number) => ({ maxSize: entries, sizeCalculation: () => 1 });
