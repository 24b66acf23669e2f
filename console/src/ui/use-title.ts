import { useEffect } from "react";
import { brand } from "../../../microsite/theme/brand.ts";

/** Names the page in the tab and in the history. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${brand.name} console`;
  }, [title]);
}
