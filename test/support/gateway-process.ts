import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { makeTestGateway, type TestGateway } from "./gateway.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export interface GatewayProcess {
  url: string;
  pid: number;
  /** The signal or code it ended with. */
  ended: Promise<string>;
  kill(signal: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
}

/** Runs `src/main.ts` with these settings in a process of its own, and waits until it is ready. */
export async function startGatewayProcess(settings: Record<string, string>): Promise<GatewayProcess> {
  const child: ChildProcess = spawn(process.execPath, ["--no-warnings", main], {
    env: { PATH: process.env["PATH"], NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"], ...settings },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let complaint = "";
  child.stderr?.on("data", (chunk) => (complaint += chunk));
  const ended = once(child, "exit").then(([code, signal]) => String(signal ?? code));
  const first = await Promise.race([
    once(child, "message").then(([message]) => message as { url: string }),
    ended.then((how) => Promise.reject(new Error(`the gateway ended (${how}) before it was ready: ${complaint}`))),
  ]);
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
  };
  return { url: first.url, pid: child.pid ?? 0, ended, kill, stop: () => kill("SIGTERM") };
}

export async function freePort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return String(port);
}

export interface MortalGateway extends TestGateway {
  /** The process that is running now. */
  process(): GatewayProcess;
}

/** A gateway that can be killed. It comes back on the same port, and so as the same executor of its sagas. */
export async function startMortalGateway(env: Record<string, string> = {}): Promise<MortalGateway> {
  let running: GatewayProcess | undefined;
  const gateway = await makeTestGateway(
    async (settings) => {
      running = await startGatewayProcess(settings);
      return running;
    },
    { PORT: await freePort(), ...env },
  );
  return Object.assign(gateway, {
    process() {
      if (!running) throw new Error("the gateway was never started");
      return running;
    },
  });
}
