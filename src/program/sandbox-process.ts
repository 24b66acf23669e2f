import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { capillaryAccess } from "../../sandbox/capillary/access.ts";
import { customerTokenKey } from "../../sandbox/client/credentials.ts";
import { type HandOffKey, readSignInLinkKey } from "../config/sign-in-link-key.ts";
import { messageFrom } from "../platform/child-message.ts";
import { SetupError } from "../platform/setup-error.ts";

const message = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready"), url: z.url() }),
  z.object({ type: z.literal("failed"), message: z.string() }),
]);

export interface SandboxProcess {
  url: string;
  capillary: ReturnType<typeof capillaryAccess>;
  /** The verification key of its sign-in links. */
  handOffKey: HandOffKey;
  stop(): Promise<void>;
}

/**
 * Variables of this process that the sandbox inherits, beside its settings. No others: npm and `node --watch` set
 * variables that are for this process alone.
 */
const inherited = ["PATH", "TZ", "NODE_OPTIONS", "NODE_NO_WARNINGS", "NODE_COMPILE_CACHE", "SANDBOX_HOST"];

/** Starts the sandbox as a child process, which ends with this process in every case. */
export async function startSandboxProcess(options: {
  port: number;
  dataDir: string;
  user: string;
  password: string;
  /** The target of the sandbox's sign-in links. */
  gatewayUrl?: string | undefined;
}): Promise<SandboxProcess> {
  const { till, password } = capillaryAccess("");
  const child = fork(fileURLToPath(new URL("../../sandbox/main.ts", import.meta.url)), {
    env: {
      ...Object.fromEntries(inherited.map((name) => [name, process.env[name]])),
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
  const first = await messageFrom(child, message);
  if (first?.type !== "ready") {
    throw new SetupError(`The sandbox did not start. ${first?.message ?? "It ended before it was ready."}`);
  }
  return {
    url: first.url,
    capillary: capillaryAccess(first.url),
    handOffKey: readSignInLinkKey(customerTokenKey),
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
