import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";

/** Where the things of runs are, below the home. */
export class RunFolders {
  readonly runs: string;
  private readonly workspaces: string;

  constructor(home: string) {
    this.runs = join(home, "runs");
    this.workspaces = join(home, "workspaces");
  }

  attempt(run: string, task: string, number: number): string {
    return join(this.runs, run, "attempts", `${task}-${number}`);
  }

  gate(run: string, id: string): string {
    return join(this.runs, run, "gates", id);
  }

  /** Slots of one repository, named so that a person recognises it. */
  slots(commonDir: string): string {
    const name = basename(commonDir) === ".git" ? basename(dirname(commonDir)) : basename(commonDir);
    const key = createHash("sha256").update(commonDir).digest("hex").slice(0, 12);
    return join(this.workspaces, `${name.replace(/[^A-Za-z0-9._-]+/g, "-")}-${key}`);
  }
}
