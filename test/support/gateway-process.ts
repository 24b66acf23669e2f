import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { CrashPoint } from "../../src/platform/crash-point.ts";
import { bundledMain } from "./bundle.ts";
import { freePort } from "./free-port.ts";
import { makeTestGateway, type TestGateway } from "./gateway.ts";

export interface GatewayProcess {
  url: string;
  pid: number;
  /** The signal or code that it ended with. */
  ended: Promise<string>;
  /** From now on the process kills itself at this crash point. */
  arm(point: CrashPoint): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
}

type Message = { type: "ready"; url: string } | { type: "crash-point-armed"; point: CrashPoint };

/**
 * Runs the gateway with these settings in a process of its own, and waits until it is ready.
 *
 * @param checkout directory of another version of the program
 */
export async function startGatewayProcess(
  settings: Record<string, string>,
  checkout?: string,
): Promise<GatewayProcess> {
  // Start-up on busy cores takes a tenth less with a young generation of fixed size and without threads to collect it.
  const memory = ["--min-semi-space-size=64", "--max-semi-space-size=64", "--single-threaded-gc"];
  const script = checkout ? join(checkout, "src/main.ts") : bundledMain;
  const child: ChildProcess = spawn(process.execPath, ["--no-warnings", ...memory, script], {
    env: {
      PATH: process.env["PATH"],
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      CRASH_POINTS: "true",
      ...settings,
    },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let complaint = "";
  child.stderr?.on("data", (chunk) => (complaint += chunk));
  const ended = once(child, "exit").then(([code, signal]) => String(signal ?? code));
  /** The next message of this type; rejects when the process ends first. */
  const message = <Type extends Message["type"]>(type: Type) =>
    new Promise<Extract<Message, { type: Type }>>((resolve, reject) => {
      const hear = (heard: Message) => {
        if (heard.type !== type) return;
        child.off("message", hear);
        resolve(heard as Extract<Message, { type: Type }>);
      };
      child.on("message", hear);
      void ended.then((how) => reject(new Error(`the gateway ended (${how}) before it was ${type}: ${complaint}`)));
    });
  const { url } = await message("ready");
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
  };
  return {
    url,
    pid: child.pid ?? 0,
    ended,
    async arm(point) {
      const armed = message("crash-point-armed");
      child.send({ type: "arm-crash-point", point });
      await armed;
    },
    kill,
    stop: () => kill("SIGTERM"),
  };
}

export interface MortalGateway extends TestGateway {
  /** The running process, or the last one that ran. */
  process(): GatewayProcess;
  /** Runs `work`, whose answer may be lost, and resolves once the process has died at `point`. */
  dieAt<Answer>(point: CrashPoint, work: () => Promise<Answer>): Promise<Answer | null>;
}

/** A gateway that can be killed. It restarts on the same port, and so as the same executor of its sagas. */
export async function startMortalGateway(env: Record<string, string> = {}): Promise<MortalGateway> {
  let running: GatewayProcess | undefined;
  const gateway = await makeTestGateway(
    async (settings) => {
      running = undefined;
      running = await startGatewayProcess(settings);
      return running;
    },
    { PORT: await freePort(), ...env },
  );
  const current = () => {
    if (!running) throw new Error("the gateway did not start");
    return running;
  };
  return Object.assign(gateway, {
    process: current,
    async dieAt<Answer>(point: CrashPoint, work: () => Promise<Answer>) {
      const { arm, ended } = current();
      await arm(point);
      const answer = await work().catch(() => null);
      const how = await ended;
      if (how !== "SIGKILL") throw new Error(`the gateway ended by ${how} instead of dying at ${point}`);
      return answer;
    },
  });
}
