import { join } from "node:path";
import { explainDataDirError } from "../src/platform/data-dir.ts";
import { checkPort, explainListenError } from "../src/platform/port.ts";
import { banner } from "./banner.ts";
import { readEnvironment } from "./environment.ts";
import { startSandbox } from "./sandbox.ts";

const { npm_lifecycle_event: npmScript } = process.env;
const hasParent = process.send !== undefined;
// `npm run sandbox` opens a channel too, but only so that this process ends with it: then a person watches and presses
// Ctrl-C.
const isSupervised = hasParent && npmScript !== "sandbox";
// Registered at the start, because the parent may die during it.
if (hasParent) process.once("disconnect", () => process.exit(0));

const tell = (message: object) => new Promise<void>((resolve) => process.send?.(message, () => resolve()) ?? resolve());

try {
  const env = readEnvironment(process.env);
  await checkPort(listensAt(env)); // before opening the files, which another sandbox may be writing
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
  }).catch((error) => Promise.reject(explainListenError(error, listensAt(env))));

  const stop = () => sandbox.stop().finally(() => process.exit(0));
  process.on("SIGTERM", stop);
  // Ctrl-C reaches the whole process group: a supervised sandbox runs until its parent no longer needs it.
  process.on("SIGINT", isSupervised ? () => {} : stop);

  if (isSupervised) await tell({ type: "ready", url: sandbox.url });
  else process.stdout.write(banner(sandbox.url));
} catch (error) {
  const message = explainStartFailure(error);
  process.stderr.write(`The sandbox did not start. ${message}\n`);
  if (hasParent) await tell({ type: "failed", message });
  process.exit(1);
}

function listensAt(env: ReturnType<typeof readEnvironment>) {
  return {
    port: { setting: "SANDBOX_PORT", value: env.SANDBOX_PORT },
    host: { setting: "SANDBOX_HOST", value: env.SANDBOX_HOST },
  };
}

function explainStartFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (explainDataDirError(error, process.env["DATA_DIR"] || ".data") as Error).message;
}
