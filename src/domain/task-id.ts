const maxLength = 64;

/** Fit for typing, for a folder name and for a component of a git ref. */
export function isTaskId(text: string): boolean {
  return (
    text.length <= maxLength &&
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text) &&
    !text.includes("..") &&
    !text.endsWith(".") &&
    !text.endsWith(".lock")
  );
}

/** What of the author's words can stand in an id; empty where nothing can. */
export function idPart(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9._-]+/g, "")
    .replace(/\.{2,}/g, ".")
    .slice(0, 24)
    .replace(/^[._-]+|[._-]+$/g, "");
}

/** Hands out ids that differ even where letter case does not count (folders on some systems). */
export interface IdRegister {
  readonly taken: Set<string>;
  readonly nextSuffix: Map<string, number>;
}

export function idRegister(): IdRegister {
  return { taken: new Set(), nextSuffix: new Map() };
}

/** The wanted id, or the first of `-2`, `-3`, ... that is still free. */
export function claimId(register: IdRegister, wanted: string): string {
  const key = wanted.toLowerCase();
  let id = wanted;
  let suffix = register.nextSuffix.get(key) ?? 2;
  while (register.taken.has(id.toLowerCase())) id = `${wanted}-${suffix++}`;
  register.nextSuffix.set(key, suffix);
  register.taken.add(id.toLowerCase());
  return id;
}
