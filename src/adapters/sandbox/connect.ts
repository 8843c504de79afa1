import { connect as connectSocket, isIP, type Socket } from "node:net";
import { messageOf } from "../../std/operational-error.ts";
import { isAllowed, isThisMachine, type AllowEntry, type HostPort } from "./allow-list.ts";
import { isPublicAddress } from "./public-address.ts";

/** All addresses of a name; rejects where it has none. */
export type Lookup = (name: string) => Promise<readonly string[]>;

export type Addresses =
  | { readonly kind: "addresses"; readonly addresses: readonly string[] }
  | { readonly kind: "not-allowed"; readonly why: string }
  | { readonly kind: "unreachable"; readonly why: string };

export const resolveName: Lookup = async (name) => {
  const { lookup } = process.getBuiltinModule("node:dns/promises");
  const found = await lookup(name, { all: true });
  return found.map(({ address }) => address);
};

const resolveTimeoutMs = 10_000;
const connectTimeoutMs = 10_000;
const maxAddresses = 4;

/**
 * Where an allowed target is to be connected to. A name is looked up once and only its addresses are used afterwards, so that
 * it cannot mean another machine a moment later; those that are not public count only where they are named as such.
 */
export async function addressesOf(
  target: HostPort,
  entries: readonly AllowEntry[],
  lookup: Lookup,
): Promise<Addresses> {
  if (isIP(target.host) !== 0) return { kind: "addresses", addresses: [target.host] };
  let found: readonly string[];
  try {
    found = await within(resolveTimeoutMs, lookup(target.host), `no answer about ${target.host}`);
  } catch (error) {
    return { kind: "unreachable", why: messageOf(error) };
  }
  const may = (address: string): boolean =>
    isPublicAddress(address) || isThisMachine(target.host) || isAllowed(entries, { host: address, port: target.port });
  const addresses = found.filter(may).slice(0, maxAddresses);
  if (addresses.length > 0) return { kind: "addresses", addresses };
  const why = `${target.host} is ${found[0] ?? "no machine"}, which is not an address of the public internet`;
  return { kind: "not-allowed", why };
}

/** Connects to the first of them that answers. Rejects where none does. */
export async function connectTo(addresses: readonly string[], port: number): Promise<Socket> {
  const troubles: string[] = [];
  for (const host of addresses) {
    const socket = connectSocket({ host, port, allowHalfOpen: true });
    try {
      return await connected(socket, `${host}:${port}`);
    } catch (error) {
      troubles.push(messageOf(error));
    }
  }
  throw new Error(troubles.join("; "));
}

/** The socket once it is connected; it is destroyed where that fails or takes too long. */
export function connected<S extends Socket>(socket: S, name: string, event = "connect"): Promise<S> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => socket.destroy(new Error(`no connection to ${name} in ${connectTimeoutMs} ms`)),
      connectTimeoutMs,
    );
    socket.once("error", reject);
    socket.once("close", () => {
      clearTimeout(timer);
      reject(new Error(`the connection to ${name} was closed`));
    });
    socket.once(event, () => {
      clearTimeout(timer);
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

function within<T>(timeoutMs: number, work: Promise<T>, otherwise: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(otherwise)), timeoutMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
