import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { gitEnvironment } from "./git.ts";

export interface FoundObject {
  readonly id: string;
  readonly type: string;
  readonly content: Buffer;
}

interface Waiting {
  readonly name: string;
  readonly resolve: (found: FoundObject | null) => void;
  readonly reject: (error: Error) => void;
}

const newline = 0x0a;
const maxAnswerBytes = 64 * 1024 * 1024;

/**
 * One `git cat-file --batch` that stays: what a ref or a path stands for, without a process a question. Refs are read anew
 * for every question. It ends when this process does, and keeps it from ending only while an answer is awaited.
 */
export class ObjectServer {
  private readonly gitDir: string;
  private child: ChildProcessByStdio<Writable, Readable, null> | null = null;
  private readonly waiting: Waiting[] = [];
  private received: Buffer = Buffer.alloc(0);

  constructor(gitDir: string) {
    this.gitDir = gitDir;
  }

  /** `name` as in git-revisions(7), without line feeds; null where it stands for nothing. */
  find(name: string): Promise<FoundObject | null> {
    return new Promise((resolve, reject) => {
      if (name.includes("\n")) {
        resolve(null);
        return;
      }
      const child = (this.child ??= this.start());
      this.waiting.push({ name, resolve, reject });
      hold(child, true);
      child.stdin.write(`${name}\n`);
    });
  }

  /** Ids of commits; null for names that stand for none. */
  async commits(names: readonly string[]): Promise<(string | null)[]> {
    const found = await Promise.all(names.map((name) => this.find(`${name}^{commit}`)));
    return found.map((object) => object?.id ?? null);
  }

  private start(): ChildProcessByStdio<Writable, Readable, null> {
    const args = [`--git-dir=${this.gitDir}`, "cat-file", "--batch"];
    const child = spawn("git", args, {
      cwd: this.gitDir,
      env: gitEnvironment(process.env),
      stdio: ["pipe", "pipe", "ignore"],
      detached: true,
    });
    child.stdout.on("data", (chunk: Buffer) => {
      this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
      while (this.takeAnswer());
      if (this.waiting.length === 0) hold(child, false);
    });
    // Its end is told by `close`.
    child.stdin.on("error", () => undefined);
    const over = (error: Error): void => {
      if (this.child === child) this.ended(error);
    };
    child.once("error", over);
    child.once("close", () => over(new Error("git cat-file ended")));
    return child;
  }

  private ended(error: Error): void {
    this.child = null;
    this.received = Buffer.alloc(0);
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }

  /** `<id> <type> <size>\n<content>\n`, or `<name> missing\n` and the like. False when more has to come. */
  private takeAnswer(): boolean {
    const end = this.received.indexOf(newline);
    const [next] = this.waiting;
    if (end === -1 || next === undefined) return false;
    const header = this.received.subarray(0, end).toString("utf8");
    const [, id, type, size] = /^([0-9a-f]+) (blob|tree|commit|tag) (\d+)$/.exec(header) ?? [];
    const length = Number(size ?? 0);
    if (length > maxAnswerBytes) {
      // The rest of the answer cannot be skipped without reading it: a new server begins with the next question.
      this.child?.kill();
      this.ended(new Error(`${next.name} has ${length} bytes; at most ${maxAnswerBytes} are read`));
      return false;
    }
    const whole = id === undefined ? end + 1 : end + 1 + length + 1;
    if (this.received.length < whole) return false;
    const content = this.received.subarray(end + 1, end + 1 + length);
    this.waiting.shift();
    next.resolve(id === undefined || type === undefined ? null : { id, type, content: Buffer.from(content) });
    this.received = this.received.subarray(whole);
    return true;
  }
}

function hold(child: ChildProcessByStdio<Writable, Readable, null>, on: boolean): void {
  for (const pipe of [child.stdin, child.stdout] as unknown as Socket[]) {
    if (on) pipe.ref();
    else pipe.unref();
  }
  if (on) child.ref();
  else child.unref();
}
