import { isIPv6 } from "node:net";

/** The origin at which a server that listens on this host and port is reached from its own machine. */
export function originOf(host: string, port: number): string {
  if (["0.0.0.0", "::", "127.0.0.1"].includes(host)) return `http://localhost:${port}`;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
