import { useState } from "react";

/** For a list that goes on: whether its next page is on its way, and what asks for it. */
export function useMore(load: () => Promise<unknown>): { isLoadingMore: boolean; more(): Promise<void> } {
  const [isLoadingMore, setLoadingMore] = useState(false);
  return {
    isLoadingMore,
    async more() {
      setLoadingMore(true);
      try {
        await load();
      } catch {
        // The button is still there.
      } finally {
        setLoadingMore(false);
      }
    },
  };
}
