import { folderOf, patternMatcher, type WriteSet } from "./write-set.ts";

/** Tasks that may change the same. */
export interface Overlap {
  /** A file, or a pattern of files. */
  readonly at: string;
  /** Each of them may change what any other one may; in the plan's order. */
  readonly tasks: readonly string[];
  /** Each of these may change what any of `tasks` may, but not what another of these does. */
  readonly others: readonly string[];
}

export interface Writer {
  readonly id: string;
  readonly writes: WriteSet;
}

/** More are not looked at. */
const maxPatterns = 200;
/** Of all patterns, as paths that are compared with them; one with many stars counts as so many. */
const maxCompared = 8_000_000;
const slowCost = 30;

interface Pattern {
  readonly text: string;
  readonly tasks: ReadonlySet<number>;
  readonly matches: (path: string) => boolean;
  /** Files of the tree. */
  readonly files: ReadonlySet<string>;
  /** Tasks that may change a file it stands for. */
  readonly inside: ReadonlySet<number>;
}

/** Which tasks may change the same files, the largest groups first. `tree`: the files there are, sorted. */
export function overlapsOf(writers: readonly Writer[], tree: readonly string[]): Overlap[] {
  const byPath = holders(writers, ({ paths }) => paths);
  const byPattern = holders(writers, ({ patterns }) => patterns);
  const patterns = patternsOf(byPattern, byPath, tree);
  const groups = new Map<string, Overlap>();
  const add = (at: string, tasks: ReadonlySet<number>, others: ReadonlySet<number> = new Set()): void => {
    if (tasks.size + others.size < 2) return;
    const [all, beside] = [tasks, others].map((set) => [...set].sort((a, b) => a - b)) as [number[], number[]];
    const key = `${all.join()} ${beside.join()}`;
    const idsOf = (indexes: readonly number[]): string[] => indexes.map((index) => writers[index]?.id ?? "");
    if (!groups.has(key)) groups.set(key, { at, tasks: idsOf(all), others: idsOf(beside) });
  };
  for (const [path, tasks] of byPath) add(path, tasks);
  for (const [index, one] of patterns.entries()) {
    add(one.text, one.tasks, new Set([...one.inside].filter((task) => !one.tasks.has(task))));
    for (const other of patterns.slice(index + 1))
      if (meet(one, other)) add(`${one.text}, ${other.text}`, new Set([...one.tasks, ...other.tasks]));
  }
  // Of those that were not compared it is known who names the same.
  const compared = new Set(patterns.map(({ text }) => text));
  for (const [text, tasks] of byPattern) if (!compared.has(text)) add(text, tasks);
  return [...groups.values()].sort((a, b) => sizeOf(b) - sizeOf(a));
}

type Holders = ReadonlyMap<string, ReadonlySet<number>>;

function patternsOf(byPattern: Holders, byPath: Holders, tree: readonly string[]): Pattern[] {
  const named = byPattern.size === 0 ? [] : [...byPath.keys()].sort();
  const found: Pattern[] = [];
  let compared = 0;
  for (const [text, tasks] of byPattern) {
    const [there, meant] = [within(tree, folderOf(text)), within(named, folderOf(text))];
    const { matches, isSlow } = patternMatcher(text);
    compared += (there.length + meant.length) * (isSlow ? slowCost : 1);
    if (found.length >= maxPatterns || compared > maxCompared) break;
    const inside = new Set(meant.filter(matches).flatMap((path) => [...(byPath.get(path) ?? [])]));
    found.push({ text, tasks, matches, files: new Set(there.filter(matches)), inside });
  }
  return found;
}

function sizeOf({ tasks, others }: Overlap): number {
  return tasks.length + others.length;
}

function holders(
  writers: readonly Writer[],
  entriesOf: (writes: WriteSet) => readonly string[],
): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>();
  for (const [index, { writes }] of writers.entries()) {
    for (const entry of entriesOf(writes)) {
      const tasks = found.get(entry);
      if (tasks === undefined) found.set(entry, new Set([index]));
      else tasks.add(index);
    }
  }
  return found;
}

/** Paths in a folder, of sorted ones. */
function within(tree: readonly string[], folder: string): readonly string[] {
  if (folder === "") return tree;
  const start = placeOf(folder, tree);
  let end = start;
  while (tree[end]?.startsWith(folder) === true) end++;
  return tree.slice(start, end);
}

/** Where a path is, or would be. */
function placeOf(path: string, tree: readonly string[]): number {
  let [low, high] = [0, tree.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tree[middle] ?? "") < path) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** They stand for a file that is there; or one, with all it may be about, is within the other. */
function meet(a: Pattern, b: Pattern): boolean {
  const [few, many] = a.files.size < b.files.size ? [a.files, b.files] : [b.files, a.files];
  for (const file of few) if (many.has(file)) return true;
  return isWithin(a, b) || isWithin(b, a);
}

/** Every file of that folder, made or not, is the other's. */
function isWithin({ text }: Pattern, { text: other, matches }: Pattern): boolean {
  const all = other === "**" || other.endsWith("/") || other.endsWith("/**");
  return all && matches(`${folderOf(text)}x`);
}
