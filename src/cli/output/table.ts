import { columns, fit, padEnd } from "../../std/text.ts";

/** Rows in aligned columns; the column `flexible` gives way where the terminal is narrow. */
export function table(rows: readonly (readonly string[])[], width: number, flexible: number): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, text] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, columns(text));
  const gaps = 2 * Math.max(0, widths.length - 1);
  const others = widths.reduce((sum, value, index) => sum + (index === flexible ? 0 : value), 0);
  const room = Math.max(16, width - others - gaps);
  widths[flexible] = Math.min(widths[flexible] ?? 0, room);
  return rows.map((row) =>
    row
      .map((text, index) =>
        index === row.length - 1 && index !== flexible
          ? text
          : padEnd(fit(text, widths[index] ?? 0), widths[index] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
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
export function wrapped(text: string, width: number, indent: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
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
