import { zeroLike } from "./git.ts";
import { StayingGit } from "./staying-git.ts";

interface Swap {
  readonly commands: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** One `git update-ref --stdin` that stays: refs move by compare-and-swap without a process a move, one after another. */
export class RefServer {
  private readonly git: StayingGit;
  private readonly waiting: Swap[] = [];
  private received = "";

  /** `message` stands in the reflog. */
  constructor(gitDir: string, message = "nightcrew: landed") {
    this.git = new StayingGit(gitDir, ["update-ref", "-m", message, "--stdin"], {
      onOutput: (chunk) => this.heard(chunk.toString()),
      onEnd: (error) => this.ended(error),
    });
  }

  /** Moves `ref` from one commit to another; `from` is null where it must not be there. Rejects where git refuses. */
  swap(ref: string, to: string, from: string | null): Promise<void> {
    return this.ask(`update ${ref} ${to} ${from ?? zeroLike(to)}`);
  }

  /** Has `ref` be a commit, whatever it was, or was not, before. Rejects where git refuses. */
  set(ref: string, to: string): Promise<void> {
    return this.ask(`update ${ref} ${to}`);
  }

  /** Lets its git go; the next swap starts another. */
  close(): void {
    this.git.kill();
  }

  private ask(command: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ commands: `start\n${command}\ncommit\n`, resolve, reject });
      if (this.waiting.length === 1) this.next();
    });
  }

  /** One at a time: git leaves at the first that it refuses, and what follows is for its successor. */
  private next(): void {
    this.received = "";
    const [swap] = this.waiting;
    if (swap === undefined) this.git.release();
    else this.git.write(swap.commands, true);
  }

  private heard(text: string): void {
    this.received += text;
    if (!this.received.includes("commit: ok\n")) return;
    this.waiting.shift()?.resolve();
    this.next();
  }

  private ended(error: Error): void {
    this.waiting.shift()?.reject(error);
    this.next();
  }
}
