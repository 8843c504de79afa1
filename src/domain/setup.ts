/** What a project needs installed before anything of it can run; done once, and kept. */
export interface Setup {
  /** A line for `sh -c`, in the root of a work tree of the target. */
  readonly run: string;
  /** Paths, with `*`, `?` and `**`, of the files that decide what comes of it: lock files and manifests. */
  readonly key: readonly string[];
  /** Folders that are kept of what it makes; paths with `*`, `?` and `**`. */
  readonly keep: readonly string[];
  readonly timeoutMs: number;
  readonly limits: SetupLimits;
}

/** Of what is kept for one repository. What is in use is never removed. */
export interface SetupLimits {
  readonly sets: number;
  readonly bytes: number;
}

/** Whether the setup keeps folders of this name. */
export function keepsFolder({ keep }: Pick<Setup, "keep">, name: string): boolean {
  return keep.some((pattern) => pattern.replace(/\/+$/, "").split("/").at(-1) === name);
}
