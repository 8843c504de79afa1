/** What names a salvage: `RUN/TASK/ATTEMPT`, its ref below refs/nightcrew/salvage/. */
export const salvagePrefix = "refs/nightcrew/salvage/";

export function salvageRef(run: string, task: string, attempt: number): string {
  return `${salvagePrefix}${run}/${task}/${attempt}`;
}

export interface SalvageName {
  readonly run: string;
  readonly task: string;
  /** Attempt number; a second one of the same attempt has `-2` behind it. */
  readonly attempt: string;
}

/** Null for a ref of another shape. */
export function parseSalvageRef(ref: string): SalvageName | null {
  if (!ref.startsWith(salvagePrefix)) return null;
  const [run, task, attempt, ...more] = ref.slice(salvagePrefix.length).split("/");
  if (run === undefined || task === undefined || attempt === undefined || more.length > 0) return null;
  return { run, task, attempt };
}

/** The least of a run's id by whose end it is named. */
const leastRunEnd = 4;

/**
 * Which of these ids are meant: the very one, else those in which the words between slashes stand side by side. The first
 * word may be the end of the run's id.
 */
export function matchingSalvages(asked: string, ids: readonly string[]): string[] {
  if (ids.includes(asked)) return [asked];
  const words = asked.split("/").filter((word) => word !== "");
  if (words.length === 0) return [];
  return ids.filter((id) => {
    const parts = id.split("/");
    const starts = parts.map((_, index) => index).slice(0, parts.length - words.length + 1);
    return starts.some((start) =>
      words.every((word, index) => isWord(word, parts[start + index] ?? "", start + index)),
    );
  });
}

function isWord(word: string, part: string, place: number): boolean {
  return word === part || (place === 0 && word.length >= leastRunEnd && part.endsWith(word));
}
