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

interface Pattern {
  readonly text: string;
  readonly tasks: ReadonlySet<number>;
  readonly matches: (path: string) => boolean;
  /** Files of the tree. */
  readonly files: ReadonlySet<string>;
}

/** Which tasks may change the same files, the largest groups first. `tree`: the files there are, sorted. */
export function overlapsOf(writers: readonly Writer[], tree: readonly string[]): Overlap[] {
  const byPath = holders(writers, ({ paths }) => paths);
  const byPattern = holders(writers, ({ patterns }) => patterns);
  const patterns = [...byPattern].slice(0, maxPatterns).map(([text, tasks]) => patternOf(text, tasks, tree));
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
    add(one.text, one.tasks, new Set([...inside(one, byPath)].filter((task) => !one.tasks.has(task))));
    for (const other of patterns.slice(index + 1))
      if (meet(one, other)) add(`${one.text}, ${other.text}`, new Set([...one.tasks, ...other.tasks]));
  }
  return [...groups.values()].sort((a, b) => sizeOf(b) - sizeOf(a));
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

/** Those that may change a file the pattern stands for. */
function* inside({ matches }: Pattern, byPath: ReadonlyMap<string, ReadonlySet<number>>): Generator<number> {
  for (const [path, tasks] of byPath) if (matches(path)) yield* tasks;
}

function patternOf(text: string, tasks: ReadonlySet<number>, tree: readonly string[]): Pattern {
  const matches = patternMatcher(text);
  return { text, tasks, matches, files: new Set(within(tree, folderOf(text)).filter(matches)) };
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
