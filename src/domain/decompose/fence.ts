/** What somebody wrote, between lines that it cannot hold: nothing in it can be taken for the end of it. */
export function fenced(label: string, text: string): string {
  const runs = text.match(/`+/g) ?? [];
  const longest = runs.reduce((most, run) => Math.max(most, run.length), 3);
  const fence = "`".repeat(longest + 1);
  return `${fence} ${label}\n${text.trimEnd()}\n${fence}`;
}
