import type { Failure, Outcome } from "./simulation.ts";

/** What came of a seed, in a line. */
export function summary({ steps, tally, facts }: Outcome): string {
  const statuses = new Map<string, number>();
  for (const { state } of facts.tasks) statuses.set(state.status, (statuses.get(state.status) ?? 0) + 1);
  const ends = [...statuses].sort(([a], [b]) => (a < b ? -1 : 1)).map(([status, count]) => `${count} ${status}`);
  const happened = Object.entries(tally).map(([what, count]) => `${count} ${what}`);
  const tasks = `${facts.runs.length} runs, ${facts.tasks.length} tasks: ${ends.join(", ")}`;
  return `${steps} steps, ${tasks}; ${happened.join(", ")}`;
}

/** What was found, what had happened just before, and the command that finds it again. */
export function failureText(
  { step, invariant, what }: Failure,
  before: readonly string[],
  { seed, steps }: { readonly seed: number; readonly steps: number },
): string {
  const lines = before.map((line) => `  | ${line}`);
  const command = `npm run -s sim -- --seed ${seed} --steps ${steps}`;
  return [`  step ${step}: not true that ${invariant}`, `  ${what}`, ...lines, `  again: ${command}`].join("\n");
}
