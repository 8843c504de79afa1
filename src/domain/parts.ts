import type { PlannedPart } from "./plan.ts";

/** By what it is seen that a part was done: a commit that names it, or a change of every file that it names. */
export interface PartEvidence {
  /** Ids in brackets that begin the messages of commits which changed something. */
  readonly named: ReadonlySet<string>;
  /** Paths that the attempt changed. */
  readonly paths: ReadonlySet<string>;
}

/** The parts of which nothing shows that they were done. */
export function partsWithoutEvidence(
  parts: readonly Pick<PlannedPart, "id" | "files">[],
  { named, paths }: PartEvidence,
): string[] {
  const changed = (file: string): boolean => paths.has(file.replace(/^(\.?\/)+/, ""));
  return parts.flatMap(({ id, files }) => (named.has(id) || (files.length > 0 && files.every(changed)) ? [] : [id]));
}
