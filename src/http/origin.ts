import { isIPv6 } from "node:net";

/** The origin at which a server that listens on this host and port is reached from its own machine. */
export function originOf(host: string, port: number): string {
  if (["0.0.0.0", "::", "127.0.0.1"].includes(host)) return `http://localhost:${port}`;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** Whether a host, as a URL has it, is this machine by its very name, so that nobody is in between. */
export const isLoopbackHost = (host: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/.test(host.toLowerCase());
