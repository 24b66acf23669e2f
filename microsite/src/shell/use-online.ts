import { useSyncExternalStore } from "react";

const subscribe = (listener: () => void) => {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
};

/** Whether the browser may be online. False only if the browser is certain that it has no network. */
export const useOnline = () => useSyncExternalStore(subscribe, () => navigator.onLine);
