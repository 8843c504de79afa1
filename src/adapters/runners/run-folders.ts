import { stopFileName } from "../../domain/job.ts";
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";

/** Touched by a job's runner as long as it works, in the job's folder. */
export const heartbeatName = "heartbeat";

/** Where the things of runs are, below the home. */
export class RunFolders {
  readonly runs: string;
  readonly workspaces: string;

  /** As long as it is there, nothing runs. */
  readonly stopFile: string;
  private readonly sockets: string;

  constructor(home: string) {
    this.stopFile = join(home, stopFileName);
    this.sockets = join(home, "ctl");
    this.runs = join(home, "runs");
    this.workspaces = join(home, "workspaces");
  }

  attempt(run: string, task: string, number: number): string {
    return join(this.runs, run, "attempts", `${task}-${number}`);
  }

  gate(run: string, id: string): string {
    return join(this.runs, run, "gates", id);
  }

  /** The control socket of a job; short, as sockets' paths have to be. */
  control(folder: string): string {
    return join(this.sockets, createHash("sha256").update(folder).digest("hex").slice(0, 12));
  }

  /** Slots of one repository, named so that a person recognises it. */
  slots(commonDir: string): string {
    const name = basename(commonDir) === ".git" ? basename(dirname(commonDir)) : basename(commonDir);
    const key = createHash("sha256").update(commonDir).digest("hex").slice(0, 12);
    return join(this.workspaces, `${name.replace(/[^A-Za-z0-9._-]+/g, "-")}-${key}`);
  }
}
