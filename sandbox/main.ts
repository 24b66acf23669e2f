import { join } from "node:path";
import { explainDataDirError } from "../src/platform/data-dir.ts";
import { banner } from "./banner.ts";
import { readEnvironment } from "./environment.ts";
import { startSandbox } from "./sandbox.ts";

const { npm_lifecycle_event: npmScript } = process.env;
const hasParent = process.send !== undefined;
// `npm run sandbox` opens a channel too, but only so that we end with it: there a person watches and presses Ctrl-C.
const isSupervised = hasParent && npmScript !== "sandbox";
// Heard from the start, or a parent that dies meanwhile would leave us behind.
if (hasParent) process.once("disconnect", () => process.exit(0));

const tell = (message: object) => new Promise<void>((resolve) => process.send?.(message, () => resolve()) ?? resolve());

try {
  const env = readEnvironment(process.env);
  const sandbox = await startSandbox({
    port: env.SANDBOX_PORT,
    host: env.SANDBOX_HOST,
    gatewayUrl: env.GATEWAY_URL,
    journalFile: join(env.DATA_DIR, "sandbox", "client-points.jsonl"),
    capillaryJournalFile: join(env.DATA_DIR, "sandbox", "capillary.jsonl"),
    credentials: { user: env.CLIENT_API_USER, password: env.CLIENT_API_PASSWORD },
    capillaryCredentials: {
      till: env.CAPILLARY_TILL,
      password: env.CAPILLARY_PASSWORD,
      oauthKey: env.CAPILLARY_OAUTH_KEY,
      oauthSecret: env.CAPILLARY_OAUTH_SECRET,
    },
    warn: (message) => process.stderr.write(`${message}\n`),
  });

  const stop = () => sandbox.stop().finally(() => process.exit(0));
  process.once("SIGTERM", stop);
  // Ctrl-C reaches the whole process group: a supervised sandbox stays until its parent has finished with it.
  process.on("SIGINT", isSupervised ? () => {} : stop);

  if (isSupervised) await tell({ type: "ready", url: sandbox.url });
  else process.stdout.write(banner(sandbox.url));
} catch (error) {
  const message = explainStartFailure(error);
  process.stderr.write(`The sandbox did not start. ${message}\n`);
  if (hasParent) await tell({ type: "failed", message });
  process.exit(1);
}

function explainStartFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port, syscall } = error as NodeJS.ErrnoException & { port?: number };
  if (code === "EADDRINUSE") return `Port ${port} is in use: stop what listens there, or set SANDBOX_PORT.`;
  const isNetwork = syscall === "listen" || syscall === "getaddrinfo";
  if (isNetwork) return `It cannot listen there (${error.message}): correct SANDBOX_HOST and SANDBOX_PORT.`;
  return (explainDataDirError(error, process.env["DATA_DIR"] || ".data") as Error).message;
}
