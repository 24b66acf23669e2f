import { useRef, useState } from "react";

/** For a list in pages: whether its next page is loading, and a function that loads it, one page at a time. */
export function useMore(load: () => Promise<unknown>): { isLoadingMore: boolean; more(): Promise<void> } {
  const [isLoadingMore, setLoadingMore] = useState(false);
  const isBusy = useRef(false); // the state changes with the next drawing, and an observer may call twice before
  return {
    isLoadingMore,
    async more() {
      if (isBusy.current) return;
      isBusy.current = true;
      setLoadingMore(true);
      try {
        await load();
      } catch {
        // The button is still there.
      } finally {
        isBusy.current = false;
        setLoadingMore(false);
      }
    },
  };
}
