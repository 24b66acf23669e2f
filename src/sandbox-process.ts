import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { capillaryAccess } from "../sandbox/capillary/access.ts";
import { customerTokenKey } from "../sandbox/client/credentials.ts";
import { type HandOffKey, readHandOffKey } from "./auth/hand-off-key.ts";
import { SetupError } from "./platform/setup-error.ts";

const message = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready"), url: z.url() }),
  z.object({ type: z.literal("failed"), message: z.string() }),
]);

export interface SandboxProcess {
  url: string;
  capillary: ReturnType<typeof capillaryAccess>;
  /** What its sign-in links are verified with. */
  handOffKey: HandOffKey;
  stop(): Promise<void>;
}

/** Starts the sandbox as a child, which ends with this process however this process ends. */
export async function startSandboxProcess(options: {
  port: number;
  dataDir: string;
  user: string;
  password: string;
  /** Where the sandbox's sign-in links lead. */
  gatewayUrl?: string | undefined;
}): Promise<SandboxProcess> {
  const { till, password } = capillaryAccess("");
  const child = fork(fileURLToPath(new URL("../sandbox/main.ts", import.meta.url)), {
    env: {
      ...process.env,
      SANDBOX_PORT: String(options.port),
      DATA_DIR: options.dataDir,
      CLIENT_API_USER: options.user,
      CLIENT_API_PASSWORD: options.password,
      CAPILLARY_TILL: till,
      CAPILLARY_PASSWORD: password,
      ...(options.gatewayUrl !== undefined && { GATEWAY_URL: options.gatewayUrl }),
    },
    stdio: ["ignore", "inherit", "ignore", "ipc"],
  });
  const ended = once(child, "exit");
  const first = await Promise.race([
    once(child, "message").then(([raw]) => message.parse(raw)),
    ended.then(() => ({ type: "failed" as const, message: "It ended before it was ready." })),
  ]);
  if (first.type === "failed") throw new SetupError(`The sandbox did not start. ${first.message}`);
  return {
    url: first.url,
    capillary: capillaryAccess(first.url),
    handOffKey: readHandOffKey(customerTokenKey),
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
