import { once } from "node:events";
import { createServer } from "node:net";
import { SetupError } from "./setup-error.ts";

/** The address of a server, and the settings that configure it. */
export interface ListenSettings {
  port: { setting: string; value: number };
  host: { setting: string; value: string };
}

/** @throws SetupError if the address is not available */
export async function checkPort(settings: ListenSettings): Promise<void> {
  const server = createServer();
  try {
    server.listen(settings.port.value, settings.host.value);
    await once(server, "listening");
  } catch (error) {
    throw explainListenError(error, settings);
  }
  server.close();
  await once(server, "close");
}

/** Converts an error of `listen` into a `SetupError`; returns any other error unchanged. */
export function explainListenError(error: unknown, { port, host }: ListenSettings): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") {
    return new SetupError(
      `${port.setting}: port ${port.value} of ${host.value} is in use. Stop the program that listens there, or set ${port.setting} to another port.`,
    );
  }
  if (code === "EACCES") {
    return new SetupError(
      `${port.setting}: this user may not listen on port ${port.value}. Set ${port.setting} to a port above 1023.`,
    );
  }
  if (syscall === "listen" || syscall === "getaddrinfo") {
    return new SetupError(
      `${host.setting}: ${host.value} is not an address of this machine (${message}). Set ${host.setting} to one, such as 127.0.0.1.`,
    );
  }
  return error;
}
