import { BlockList, isIP } from "node:net";
import { lazily } from "../../std/lazily.ts";

/** Not of the public internet, by the registries of RFC 6890 and RFC 8190: this machine, private, link-local, shared, reserved. */
const special: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
  ["::", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 9],
  ["ff00::", 8],
];

/** Most runners have no network to guard, and node compiles its patterns of addresses for the first one that is read. */
const notPublic = lazily(() => {
  const list = new BlockList();
  for (const [network, prefix] of special) list.addSubnet(network, prefix, isIP(network) === 6 ? "ipv6" : "ipv4");
  return list;
});

/** Whether an address is one of the public internet. False for what is no address. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  // An IPv4 address that is written as an IPv6 one (::ffff:0:0/96) is judged as what it is.
  return !notPublic().check(address, family === 6 ? "ipv6" : "ipv4");
}
