import { maxPaths } from "../../domain/attempt-state.ts";

/** What `git diff-index -z --raw --numstat` says, counted. */
export interface DiffFacts {
  readonly created: number;
  readonly changed: number;
  readonly deleted: number;
  readonly insertions: number;
  readonly deletions: number;
  readonly paths: readonly string[];
  /** Repositories added inside the work tree: a gitlink where the base had none. */
  readonly newGitlinks: readonly string[];
  /** Raw entries by path: mode and object id on the base's side, null where the base has no such path. */
  readonly baseEntries: ReadonlyMap<string, { readonly mode: string; readonly object: string } | null>;
}

const gitlinkMode = "160000";

/** Raw records come first (`:modes ids status`, then the path), numstat records (`added removed path`) after them. */
export function parseDiff(output: string): DiffFacts {
  const fields = output.split("\0");
  const counts = { created: 0, changed: 0, deleted: 0, insertions: 0, deletions: 0 };
  const baseEntries = new Map<string, { mode: string; object: string } | null>();
  const newGitlinks: string[] = [];
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index] ?? "";
    if (field.startsWith(":")) {
      const [oldMode = "", newMode = "", oldObject = "", , status = ""] = field.slice(1).split(" ");
      const path = fields[++index] ?? "";
      if (status.startsWith("A")) counts.created++;
      else if (status.startsWith("D")) counts.deleted++;
      else counts.changed++;
      baseEntries.set(path, status.startsWith("A") ? null : { mode: oldMode, object: oldObject });
      if (newMode === gitlinkMode && oldMode !== gitlinkMode) newGitlinks.push(path);
    } else if (field !== "") {
      // Binary files have `-` for both numbers.
      const [added = "-", removed = "-"] = field.split("\t");
      counts.insertions += Number(added) || 0;
      counts.deletions += Number(removed) || 0;
    }
  }
  return { ...counts, paths: [...baseEntries.keys()].slice(0, maxPaths), newGitlinks, baseEntries };
}
