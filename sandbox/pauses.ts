/** Delays that a reset or a stop can end early. */
export interface Pauses {
  /** Resolves true after `ms`, or false as soon as the delay is cut short. */
  wait(ms: number): Promise<boolean>;
  cutShort(): void;
}

export function makePauses(): Pauses {
  const waiting = new Set<() => void>();
  return {
    wait: (ms) =>
      new Promise((resolve) => {
        const end = (whole: boolean) => {
          clearTimeout(timer);
          waiting.delete(cut);
          resolve(whole);
        };
        const cut = () => end(false);
        const timer = setTimeout(() => end(true), ms);
        waiting.add(cut);
      }),
    cutShort: () => {
      for (const cut of waiting) cut();
    },
  };
}
