/** Milliseconds of processor time that this process spends on the work: unlike time on a clock, a busy machine adds nothing. */
export function cpuMsOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
