import { EventEmitter, once } from "node:events";
import type { Bus } from "../../src/platform/events.ts";

/** A bus that counts its listeners. */
export interface CountingBus extends Bus {
  /** The topics with listeners, each once for every listener. */
  listeners(): string[];
  /** Resolves as soon as the topic has a listener. */
  listened(topic: string): Promise<void>;
  /** Resolves as soon as no topic with this prefix has a listener. */
  silence(prefix?: string): Promise<void>;
}

export function makeCountingBus(bus: Bus): CountingBus {
  const topics: string[] = [];
  const changed = new EventEmitter().setMaxListeners(0);
  return {
    ...bus,
    on(topic, listener) {
      const off = bus.on(topic, listener);
      topics.push(topic);
      changed.emit("joined");
      let isOn = true;
      return () => {
        off();
        if (!isOn) return;
        isOn = false;
        topics.splice(topics.indexOf(topic), 1);
        changed.emit("left");
      };
    },
    listeners: () => [...topics],
    async listened(topic) {
      while (!topics.includes(topic)) await once(changed, "joined");
    },
    async silence(prefix = "") {
      while (topics.some((topic) => topic.startsWith(prefix))) await once(changed, "left");
    },
  };
}
