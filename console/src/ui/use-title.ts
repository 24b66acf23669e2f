import { useEffect } from "react";
import { brand } from "../../../microsite/src/shell/brand.ts";

/** Sets the document title, which the tab and the history show. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${brand.name} console`;
  }, [title]);
}
