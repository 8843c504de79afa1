/** The simple commands of a shell line. Far from a shell: enough to see which programs a line starts. */
export interface ShellCommand {
  /** Quotes removed, nothing expanded. */
  readonly words: readonly string[];
  /** What it prints does not reach the end of the line: redirected, or piped into something that is not `tee`. */
  readonly hidden: boolean;
}

const token =
  /[ \t]+|(?<join>\d?>&\d)|(?<redirect>&?\d?>>?)|(?<operator>&&|\|\||;|\||&|\r?\n|[()])|(?<word>(?:"(?:[^"\\]|\\[^])*"|'[^']*'|\\[^]|[^\s;|&"'\\()>])+)|[^]/g;

interface Draft {
  words: string[];
  hidden: boolean;
}

export function shellCommands(line: string): readonly ShellCommand[] {
  const commands: Draft[] = [];
  /** One entry per open parenthesis: whether it is a `$(`, whose output becomes words. */
  const parens: boolean[] = [];
  let pipedFrom: Draft | null = null;
  let current: Draft = { words: [], hidden: false };
  for (const { groups = {} } of line.matchAll(token)) {
    const { redirect, word, operator } = groups;
    // Also of errors: jest and unittest print their summary there.
    if (redirect !== undefined) current.hidden = true;
    if (word !== undefined) {
      if (pipedFrom !== null) pipedFrom.hidden ||= !/^(?:tee|cat)$/.test(word);
      pipedFrom = null;
      current.words.push(unquoted(word));
    }
    if (operator !== undefined) {
      if (operator === "(") parens.push(current.words.at(-1)?.endsWith("$") === true);
      if (operator === ")") parens.pop();
      commands.push(current);
      pipedFrom = operator === "|" ? current : null;
      current = { words: [], hidden: parens.includes(true) };
    }
  }
  return [...commands, current].filter(({ words }) => words.length > 0);
}

function unquoted(word: string): string {
  return word.replace(
    /"((?:[^"\\]|\\[^])*)"|'([^']*)'|\\([^])/g,
    (_all, double?: string, single?: string, escaped?: string) =>
      double === undefined ? (single ?? escaped ?? "") : double.replace(/\\(["\\$`])/g, "$1"),
  );
}
