/** What a person, or the next attempt, should see of a failed check's output. */

const failing =
  /^\s*(not ok\b|✖|✗|×|FAIL(ED|URE)?\b|--- FAIL|\d+\) |E {2,}|Error\b|AssertionError|\w*Error:|panicked at|error(\[|:))/;
const maxFailing = 30;
const maxLine = 500;
const context = 2;

/** Lines that tell of failures, each with what follows it, then the last `count` lines; in order, none twice. */
export function logExcerpt(text: string, count: number): string {
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => (line.length > maxLine ? `${line.slice(0, maxLine)}…` : line));
  const tailFrom = Math.max(0, lines.length - count);
  const kept = new Set<number>();
  let found = 0;
  for (let index = 0; index < tailFrom && found < maxFailing; index++) {
    if (!failing.test((lines[index] ?? "").slice(0, 200))) continue;
    found++;
    for (let near = index; near <= index + context && near < tailFrom; near++) kept.add(near);
  }
  const early: string[] = [];
  let last = -1;
  for (const index of kept) {
    if (index !== last + 1) early.push("…");
    early.push(lines[index] ?? "");
    last = index;
  }
  if (early.length > 0 && last + 1 < tailFrom) early.push("…");
  return [...early, ...lines.slice(tailFrom)].join("\n");
}
