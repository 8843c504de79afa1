/** Of the process, in ms: what a busy machine does not make longer. */
export function cpuMsOf(work: () => unknown): number {
  const spent = cpuMsSoFar();
  work();
  return spent();
}

/** The same of work that waits, with what else the process does meanwhile. */
export async function cpuMsUntil(work: () => Promise<unknown>): Promise<number> {
  const spent = cpuMsSoFar();
  await work();
  return spent();
}

function cpuMsSoFar(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
}
