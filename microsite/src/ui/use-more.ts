import { useRef, useState } from "react";

/** Loads the next pages of a list, one at a time. `isLoadingMore`: whether a page is loading. */
export function useLoadMore(load: () => Promise<unknown>): { isLoadingMore: boolean; loadMore(): Promise<void> } {
  const [isLoadingMore, setLoadingMore] = useState(false);
  const isBusy = useRef(false); // the state changes only at the next render, and an observer may call twice before
  return {
    isLoadingMore,
    async loadMore() {
      if (isBusy.current) return;
      isBusy.current = true;
      setLoadingMore(true);
      try {
        await load();
      } catch {
        // The button stays for another try.
      } finally {
        isBusy.current = false;
        setLoadingMore(false);
      }
    },
  };
}
