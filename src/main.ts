import { flushCompileCache } from "node:module";
import { startApp } from "./app.ts";
import { banner } from "./banner.ts";
import { explainError, readProcessConfig } from "./command-line.ts";

const print = (text: string) => process.stdout.write(text);
const fail = (message: string, what = "did not start"): never => {
  process.stderr.write(`\nTessera ${what}.\n${message}\n`);
  process.exit(1);
};

try {
  const config = readProcessConfig();
  const app = await startApp(config);
  print(banner(config, app));
  process.send?.({ type: "ready", url: app.url });
  flushCompileCache(); // the next start is quick also if this process is killed

  let isStopping = false;
  const stop = async () => {
    if (isStopping) return process.exit(1); // asked twice: no more waiting
    isStopping = true;
    await app.stop();
    process.exit(0);
  };
  process.on("SIGINT", stop).on("SIGTERM", stop).on("disconnect", stop);
  // A fault nobody caught leaves this process in a state nobody knows: another one goes on with its orders.
  for (const fault of ["uncaughtException", "unhandledRejection"]) {
    process.on(fault, (error) => fail(`${fault}: ${error instanceof Error ? error.stack : String(error)}`, "stopped"));
  }
} catch (error) {
  const { code, port, syscall, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === "EADDRINUSE") fail(`Port ${port} is in use. Stop what listens there, or set PORT to another one.`);
  if (syscall === "listen" || syscall === "getaddrinfo")
    fail(`The gateway cannot listen there: ${message}. Correct HOST and PORT.`);
  fail(explainError(error));
}
