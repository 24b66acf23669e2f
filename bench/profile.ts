import { once } from "node:events";
import WebSocket from "ws";

interface CpuProfile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    children?: number[];
  }[];
  samples: number[];
  timeDeltas: number[];
}

export interface ProfileShares {
  /** Shares of the time in which the process was busy, the largest first. */
  parts: [name: string, share: number][];
  functions: [name: string, share: number][];
  /** The same including called functions. */
  withCallees: [name: string, share: number][];
}

/** Records the CPU profile of a process that runs with `--inspect=<port>`. */
export async function openProfiler(inspectPort: string) {
  const targets = await fetch(`http://127.0.0.1:${inspectPort}/json`);
  const [target] = (await targets.json()) as { webSocketDebuggerUrl: string }[];
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? "", { perMessageDeflate: false });
  await once(socket, "open");
  let lastId = 0;
  async function ask(method: string, params = {}): Promise<{ profile: CpuProfile }> {
    lastId += 1;
    const id = lastId;
    const answered = new Promise<{ profile: CpuProfile }>((resolve) => {
      socket.on("message", function hear(raw) {
        const answer = JSON.parse(String(raw));
        if (answer.id !== id) return;
        socket.off("message", hear);
        resolve(answer.result);
      });
    });
    socket.send(JSON.stringify({ id, method, params }));
    return answered;
  }
  await ask("Profiler.enable");
  await ask("Profiler.setSamplingInterval", { interval: 500 });
  const own = new Map<string, { part: string; name: string; micros: number }>();
  const withCallees = new Map<string, number>();
  return {
    start: () => ask("Profiler.start"),
    async stop(): Promise<void> {
      const { profile } = await ask("Profiler.stop");
      const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
      const callerOf = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
      for (const [index, id] of profile.samples.entries()) {
        const frame = frames.get(id);
        const part = frame && partOf(frame);
        if (!frame || !part) continue;
        const name = nameOf(frame);
        const sum = own.get(name) ?? { part, name, micros: 0 };
        sum.micros += profile.timeDeltas[index] ?? 0;
        own.set(name, sum);
        const stack = new Set<string>();
        for (let at: number | undefined = id; at !== undefined; at = callerOf.get(at)) {
          const caller = frames.get(at);
          if (caller?.url) stack.add(nameOf(caller));
        }
        for (const each of stack)
          withCallees.set(each, (withCallees.get(each) ?? 0) + (profile.timeDeltas[index] ?? 0));
      }
    },
    shares(): ProfileShares {
      const each = [...own.values()];
      const all = each.reduce((sum, { micros }) => sum + micros, 0);
      const parts = Map.groupBy(each, ({ part }) => part);
      const share = (some: readonly { micros: number }[]) => some.reduce((sum, { micros }) => sum + micros, 0) / all;
      const largest = (a: [string, number], b: [string, number]) => b[1] - a[1];
      return {
        parts: [...parts].map(([part, some]): [string, number] => [part, share(some)]).sort(largest),
        functions: each.map((one): [string, number] => [one.name, share([one])]).sort(largest),
        withCallees: [...withCallees].map(([name, micros]): [string, number] => [name, micros / all]).sort(largest),
      };
    },
    close: () => socket.close(),
  };
}

export function printShares({ parts, functions, withCallees }: ProfileShares): void {
  console.log("\n   share  CPU of the gateway, by package or folder");
  for (const [name, share] of parts.slice(0, 16)) console.log(`  ${percent(share)}  ${name}`);
  console.log("\n   share  by function, without what it calls");
  for (const [name, share] of functions.slice(0, 24)) console.log(`  ${percent(share)}  ${name}`);
  console.log("\n   share  by function, with what it calls");
  for (const [name, share] of withCallees.slice(0, 90)) console.log(`  ${percent(share)}  ${name}`);
  console.log();
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`.padStart(8);
}

/** A package, a folder of the product, or a part of Node; undefined for idle time. */
function partOf({ functionName, url }: CpuProfile["nodes"][number]["callFrame"]): string | undefined {
  if (functionName === "(idle)") return undefined;
  if (functionName === "(garbage collector)") return "garbage collection";
  if (url === "") return "native code: sockets, crypto, JSON";
  const packageName = url
    .match(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)
    ?.at(-1)
    ?.replace("node_modules/", "");
  if (packageName) return packageName;
  if (url.startsWith("node:")) return `node: ${url.replace("node:", "").replace("internal/", "").split("/")[0]}`;
  return url.match(/\/(src\/[^/]+)/)?.[1] ?? url;
}

const nameOf = ({ functionName, url, lineNumber }: CpuProfile["nodes"][number]["callFrame"]) =>
  `${functionName || "(anonymous)"} ${shortened(url)}:${lineNumber + 1}`;

const shortened = (url: string): string => url.replace(/^.*\/(node_modules|src)\//, "$1/");
