/** The maximum numbers of open sockets and event streams. */
export interface SocketLimits {
  perSession: number;
  /** The limit for one network address, or block of addresses. */
  perBlock: number;
  inAll: number;
}

/** Counts open sockets and streams by key. */
export interface OpenCount {
  /** Counts one more until the returned function is called; null at the limit. */
  open(key: string): (() => void) | null;
}

/** Counts sockets and event streams together. */
export interface OpenCounts {
  ofSession: OpenCount;
  ofBlock: OpenCount;
  inAll: OpenCount;
}

export const makeOpenCounts = ({ perSession, perBlock, inAll }: SocketLimits): OpenCounts => ({
  ofSession: makeOpenCount(perSession),
  ofBlock: makeOpenCount(perBlock),
  inAll: makeOpenCount(inAll),
});

export function makeOpenCount(most: number): OpenCount {
  const counts = new Map<string, number>();
  return {
    open(key) {
      const count = counts.get(key) ?? 0;
      if (count >= most) return null;
      counts.set(key, count + 1);
      let isOpen = true;
      return () => {
        if (!isOpen) return;
        isOpen = false;
        const left = (counts.get(key) ?? 1) - 1;
        if (left === 0) counts.delete(key);
        else counts.set(key, left);
      };
    },
  };
}
