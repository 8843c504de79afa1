import { createHash } from "node:crypto";

/** Lines kept to be shown with a failure. */
const shownLines = 30;

/** What happened, in order. All of it goes into the digest, whether it is shown or not. */
export class Trace {
  private readonly hash = createHash("sha256");
  private readonly last: string[] = [];
  private readonly onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.onLine = onLine;
  }

  /** `details` are not shown. */
  add(line: string, details = ""): void {
    this.hash.update(`${line}\n${details}\n`);
    this.last.push(line);
    if (this.last.length > shownLines) this.last.shift();
    this.onLine(line);
  }

  tail(): readonly string[] {
    return this.last;
  }

  digest(): string {
    return this.hash.copy().digest("hex").slice(0, 16);
  }
}
