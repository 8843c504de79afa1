/** How much of workspaces and kept dependencies may lie about. */
export interface WorkspaceBounds {
  /** Workspaces of one repository. */
  readonly slots: number;
  /** Of a home: all workspaces and kept folders together. */
  readonly bytes: number;
}

/** A workspace, or folders that a setup has made. */
export interface Lying {
  readonly path: string;
  readonly kind: "slot" | "set";
  /** Of its repository. */
  readonly folder: string;
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
  readonly bytes: number;
  /** Nothing goes on in it, nor may begin to. */
  readonly free: boolean;
}

/** What goes where there is more than may be: least recently used first, never what is in use. */
export function beyondBounds(all: readonly Lying[], bounds: WorkspaceBounds): Lying[] {
  const oldest = all.filter(({ free }) => free).toSorted((one, other) => one.usedAt - other.usedAt);
  const slots = new Map<string, number>();
  for (const { kind, folder } of all) if (kind === "slot") slots.set(folder, (slots.get(folder) ?? 0) + 1);
  let bytes = all.reduce((total, one) => total + one.bytes, 0);
  const gone: Lying[] = [];
  for (const one of oldest) {
    const count = slots.get(one.folder) ?? 0;
    const tooMany = one.kind === "slot" && count > bounds.slots;
    if (!tooMany && bytes <= bounds.bytes) continue;
    gone.push(one);
    bytes -= one.bytes;
    if (one.kind === "slot") slots.set(one.folder, count - 1);
  }
  return gone;
}
