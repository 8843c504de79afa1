import { columns, fit, padEnd } from "../../std/text.ts";

/** Less is no column to read a sentence in. */
const leastRoom = 16;

/**
 * Rows in aligned columns, without those that no row has; an empty first one has the others stand in from the left. Where the terminal is narrow, the column `flexible` gives way,
 * and a long last one goes on below itself.
 */
export function table(rows: readonly (readonly string[])[], width: number, flexible: number): string[] {
  const all: number[] = [];
  for (const row of rows)
    for (const [index, text] of row.entries()) all[index] = Math.max(all[index] ?? 0, columns(text));
  const shown = all.flatMap((most, index) => (most > 0 || (index === 0 && flexible !== 0) ? [index] : []));
  const last = shown.at(-1) ?? 0;
  const gaps = 2 * Math.max(0, shown.length - 1);
  const sum = (but: number, lastMost: number): number =>
    shown.reduce(
      (total, index) => total + (index === but ? 0 : Math.min(all[index] ?? 0, index === last ? lastMost : Infinity)),
      0,
    );
  const widths = [...all];
  // A sentence at the end does not take the room of what it is about.
  const lastMost = Math.max(24, Math.floor(width / 3));
  widths[flexible] = Math.min(all[flexible] ?? 0, Math.max(leastRoom, width - sum(flexible, lastMost) - gaps));
  const before = shown.slice(0, -1).reduce((total, index) => total + (widths[index] ?? 0), 0) + gaps;
  return rows.flatMap((row) => {
    const cells = shown
      .slice(0, -1)
      .map((index) => padEnd(fit(row[index] ?? "", widths[index] ?? 0), widths[index] ?? 0));
    const end = row[last] ?? "";
    if (last === flexible) return [[...cells, fit(end, widths[last] ?? 0)].join("  ").trimEnd()];
    const room = width - before;
    const [first = "", ...more] = room < leastRoom ? [end] : wrapped(end, room, 0);
    return [[...cells, first].join("  ").trimEnd(), ...more.map((line) => " ".repeat(before) + line)];
  });
}

/** A table; where that does not fit, two lines for each row: its first `heads` columns, and the others below them. */
export function tableOrPairs(
  rows: readonly (readonly string[])[],
  width: number,
  { flexible, heads }: { readonly flexible: number; readonly heads: number },
): string[] {
  const lines = table(rows, width, flexible);
  if (lines.every((line) => columns(line) <= width)) return lines;
  const above = table(
    rows.map((row) => row.slice(0, heads)),
    width,
    flexible,
  );
  return rows.flatMap((row, index) => {
    const others = row.slice(heads).filter((text) => text !== "");
    return [above[index] ?? "", ...(others.length === 0 ? [] : [`   ${others.join(" · ")}`])];
  });
}

/** Text in lines of a width, broken between words; those behind the first stand in from the left by `indent`. */
export function wrapped(given: string, width: number, indent: number): string[] {
  const lines: string[] = [];
  const text = given.trimStart();
  let line = "";
  for (const [index, one] of text.split(" ").entries()) {
    // What stands in from the left stays there.
    const word = index === 0 ? given.slice(0, given.length - text.length) + one : one;
    const longer = line === "" ? word : `${line} ${word}`;
    const room = lines.length === 0 ? width : width - indent;
    if (line !== "" && columns(longer) > room) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  lines.push(line);
  return lines.map((one, index) => (index === 0 ? one : `${" ".repeat(indent)}${one}`));
}
