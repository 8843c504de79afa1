import type { HostPort } from "./allow-list.ts";
import type { Refusal } from "./sandbox.ts";

const maxRefusals = 100;

export interface RefusalList {
  add(target: HostPort): void;
  all(): readonly Refusal[];
}

/** Counts refused connections by host and port. Whoever tries more than a hundred of them is counted under `(others)`. */
export function refusalList(): RefusalList {
  const counts = new Map<string, Refusal>();
  return {
    add({ host, port }) {
      const known = counts.has(`${host} ${port}`) || counts.size < maxRefusals - 1;
      const [name, at] = known ? [host, port] : ["(others)", 0];
      const key = `${name} ${at}`;
      counts.set(key, { host: name, port: at, count: (counts.get(key)?.count ?? 0) + 1 });
    },
    all: () => [...counts.values()],
  };
}
