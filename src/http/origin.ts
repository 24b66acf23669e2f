import { isIPv6 } from "node:net";

/** The origin under which a server on this host and port is reachable from its own machine. */
export function originOf(host: string, port: number): string {
  if (["0.0.0.0", "::", "127.0.0.1"].includes(host)) return `http://localhost:${port}`;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** Whether a host, in a URL's form, names this machine itself, so that no network lies in between. */
export const isLoopbackHost = (host: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/.test(host.toLowerCase());
