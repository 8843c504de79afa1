// Samples taken in turns, and the table they end in.

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Takes `count` samples of each action, an object of name and asynchronous function. They take turns, and the first turn
 * goes round, so that a busy moment of the machine hits them all alike.
 */
export async function inTurns(count, actions) {
  const names = Object.keys(actions);
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < count; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length];
      samples[name].push(await actions[name]());
    }
  }
  return samples;
}

/**
 * One line of the table: what was measured (ms), what it is compared with (ms), and the most it may be of that. Without
 * a goal it is only told; without a reference so is its time.
 */
export function line(what, ms, { reference = null, referenceMs = null, goal = null } = {}) {
  const verdict = referenceMs === null ? none : ratioOf(ms, referenceMs, goal);
  return { what, ms, cells: [what, time(ms), referenceCell(reference, referenceMs, time), ...verdict] };
}

/** As `line`, for bytes. */
export function bytesLine(what, bytes, { reference, referenceBytes, goal }) {
  const mebibytes = (count) => `${(count / 2 ** 20).toFixed(1)} MiB`;
  const compared = referenceCell(reference, referenceBytes, mebibytes);
  return { what, cells: [what, mebibytes(bytes), compared, ...ratioOf(bytes, referenceBytes, goal)] };
}

/** What is added to a reference: the most it may be is milliseconds, not a ratio. */
export function added(what, ms, { reference, referenceMs, goalMs = null }) {
  const more = ms - referenceMs;
  const sign = more < 0 ? "-" : "+";
  return {
    what,
    cells: [
      what,
      time(ms),
      referenceCell(reference, referenceMs, time),
      `${sign}${time(Math.abs(more))}`,
      ...judged(more, goalMs, (goal) => `+${time(goal)}`),
    ],
  };
}

/** What stands for itself, with the most it may take. What it is told beside has no part in that. */
export function bounded(what, ms, goalMs, { reference = null, referenceMs = null } = {}) {
  return {
    what,
    cells: [what, time(ms), referenceCell(reference, referenceMs, time), "", ...judged(ms, goalMs, time)],
  };
}

const none = ["", "", ""];

function referenceCell(reference, value, show) {
  return value === null ? "" : `${reference} ${show(value)}`;
}

function ratioOf(value, reference, goal) {
  const ratio = value / reference;
  return [`${ratio.toFixed(2)}x`, ...judged(ratio, goal, String)];
}

function judged(value, goal, show) {
  return goal === null ? ["", ""] : [`≤ ${show(goal)}`, value <= goal ? "yes" : "NO"];
}

export function printTable(title, lines) {
  const head = ["", "measured", "reference", "ratio", "goal", "met"];
  const rows = [head, ...lines.map(({ cells }) => cells)];
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)));
  const pad = (cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]));
  const rule = widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  const printed = [head, rule, ...rows.slice(1)].map((row) => `| ${row.map(pad).join(" | ")} |`);
  console.log(`\n### ${title}\n\n${printed.join("\n")}`);
}

export function time(ms) {
  if (ms >= 10_000) return `${(ms / 1_000).toFixed(2)} s`;
  if (ms > 0 && ms < 1) return `${(ms * 1_000).toFixed(0)} µs`;
  return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
}
