import { StayingGit } from "./staying-git.ts";

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
 * for every question.
 */
export class ObjectServer {
  private readonly git: StayingGit;
  private readonly waiting: Waiting[] = [];
  private received: Buffer = Buffer.alloc(0);

  constructor(gitDir: string) {
    this.git = new StayingGit(gitDir, ["cat-file", "--batch"], {
      onOutput: (chunk) => this.heard(chunk),
      onEnd: (error) => this.ended(error),
    });
  }

  /** `name` as in git-revisions(7), without line feeds; null where it stands for nothing. */
  find(name: string): Promise<FoundObject | null> {
    return new Promise((resolve, reject) => {
      if (name.includes("\n")) {
        resolve(null);
        return;
      }
      this.waiting.push({ name, resolve, reject });
      this.git.write(`${name}\n`, this.waiting.length === 1);
    });
  }

  /** Ids of commits; null for names that stand for none. */
  async commits(names: readonly string[]): Promise<(string | null)[]> {
    const found = await Promise.all(names.map((name) => this.find(`${name}^{commit}`)));
    return found.map((object) => object?.id ?? null);
  }

  /** Lets its git go; the next question starts another. */
  close(): void {
    this.git.kill();
  }

  /** Which of these names stand for an object. */
  async whichExist(names: readonly string[]): Promise<ReadonlySet<string>> {
    const found = await Promise.all(names.map((name) => this.find(name)));
    return new Set(names.filter((_, index) => found[index] !== null));
  }

  private heard(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    while (this.takeAnswer());
    if (this.waiting.length === 0) this.git.release();
  }

  private ended(error: Error): void {
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
      this.git.kill();
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
