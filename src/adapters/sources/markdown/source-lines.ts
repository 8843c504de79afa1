export interface LineRange {
  /** Line numbers from 1; the first one wanted is the next. */
  readonly after: number;
  readonly through: number;
  /** Quote markers (`>`) in front of each line that are not part of the text. */
  readonly quotes: number;
}

/** Lines as they stand in the source, without common indentation and blank lines around them. */
export function sourceLines(lines: readonly string[], { after, through, quotes }: LineRange): string {
  const wanted = lines.slice(after, through);
  const unquoted = quotes === 0 ? wanted : wanted.map((line) => unquote(line, quotes));
  const first = unquoted.findIndex((line) => line.trim() !== "");
  const last = unquoted.findLastIndex((line) => line.trim() !== "");
  return first === -1 ? "" : dedent(unquoted.slice(first, last + 1)).join("\n");
}

function unquote(line: string, quotes: number): string {
  let rest = line;
  for (let left = quotes; left > 0; left--) {
    const next = rest.replace(/^\s*> ?/, "");
    if (next === rest) return rest;
    rest = next;
  }
  return rest;
}

function dedent(lines: readonly string[]): string[] {
  let common: string | null = null;
  for (const line of lines) {
    if (line.trim() === "") continue;
    const indent = /^[ \t]*/.exec(line)?.[0] ?? "";
    common = common === null ? indent : sharedStart(common, indent);
  }
  const width = common?.length ?? 0;
  return lines.map((line) => line.slice(width));
}

function sharedStart(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}
