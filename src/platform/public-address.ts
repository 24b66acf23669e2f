import dns from "node:dns";
import { BlockList, isIPv6, type LookupFunction } from "node:net";

const notPublic = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const) {
  notPublic.addSubnet(network, bits, "ipv4");
}
for (const [network, bits] of [
  ["::", 96], // unspecified, loopback, IPv4-compatible
  ["64:ff9b::", 96],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const) {
  notPublic.addSubnet(network, bits, "ipv6");
}

export const isPublic = (address: string) => !notPublic.check(address, isIPv6(address) ? "ipv6" : "ipv4");

/**
 * A DNS lookup that refuses names of non-public addresses. The check runs at the connection's own lookup: after an
 * earlier check, the name could resolve to another address.
 */
export const publicOnly: LookupFunction = (hostname, options, callback) =>
  dns.lookup(hostname, options, (error, address, family) => {
    const found = typeof address === "string" ? [address] : (address ?? []).map((each) => each.address);
    const refusal = found.every(isPublic) ? null : new Error(`${hostname} is not a public address`);
    callback(error ?? refusal, address, family);
  });
