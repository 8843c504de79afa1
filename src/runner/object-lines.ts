const lineFeed = 0x0a;
const brace = 0x7b;

/** Lines of which only the last one counts, of several of a kind that follow each other. */
export interface Replaced {
  /** Of which kind it is; null: it is none of them. One character for each byte of it. */
  readonly kindOf: (line: string) => string | null;
  /** The last one, then those before it until the answer is true: it told something. */
  readonly onLast: (line: string) => boolean;
}

const never: Replaced = { kindOf: () => null, onLast: () => true };

/**
 * Of a stream of bytes, the lines that may be JSON objects: those whose first character is `{`, behind white space. All
 * others are passed over without being decoded, which is many times as fast as to split the stream into lines. So are those
 * that are replaced by what follows them in the same piece of the stream.
 */
export class ObjectLines {
  private readonly onLine: (line: string, truncated: boolean) => void;
  private readonly maxBytes: number;
  private readonly replaced: Replaced;
  /** The pieces of the line that is being kept; null between such lines. */
  private kept: Buffer[] | null = null;
  private keptBytes = 0;
  private truncated = false;
  /** Nothing but white space was on the current line so far. */
  private blank = true;

  /** Of a longer line only the first `maxBytes` are kept. */
  constructor(onLine: (line: string, truncated: boolean) => void, maxBytes: number, replaced: Replaced = never) {
    this.onLine = onLine;
    this.maxBytes = maxBytes;
    this.replaced = replaced;
  }

  push(chunk: Buffer): void {
    const run = new Run(chunk, this.replaced, this.maxBytes);
    let at = 0;
    while (at < chunk.length) {
      if (this.kept === null) at = this.findLine(chunk, at);
      else if (this.keptBytes === 0 && run.takes(at)) {
        at = run.end;
        this.kept = null;
        this.blank = true;
      } else {
        run.tell();
        at = this.keep(chunk, at);
      }
    }
    run.tell();
  }

  /** Emits what came without a line end. */
  end(): void {
    if (this.kept !== null) this.flush(this.kept);
  }

  /** Returns where a line begins that is to be kept; without one the end of the chunk. */
  private findLine(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length;) {
      const found = chunk.indexOf(brace, at);
      const start = this.blankStart(chunk, at, found === -1 ? chunk.length : found);
      if (found === -1) {
        this.blank = start;
        return chunk.length;
      }
      if (start) {
        this.kept = [];
        return found;
      }
      this.blank = false;
      const end = chunk.indexOf(lineFeed, found);
      if (end === -1) return chunk.length;
      this.blank = true;
      at = end + 1;
    }
    return chunk.length;
  }

  /** Whether there is only white space between the beginning of its line and `to`. */
  private blankStart(chunk: Buffer, from: number, to: number): boolean {
    for (let at = to - 1; at >= from; at--) {
      const byte = chunk[at];
      if (byte === lineFeed) return true;
      if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
    }
    return this.blank;
  }

  private keep(chunk: Buffer, from: number): number {
    const kept = (this.kept ??= []);
    const found = chunk.indexOf(lineFeed, from);
    const end = found === -1 ? chunk.length : found;
    const room = this.maxBytes - this.keptBytes;
    if (end - from > room) this.truncated = true;
    const piece = chunk.subarray(from, Math.min(end, from + room));
    if (piece.length > 0) kept.push(piece);
    this.keptBytes += piece.length;
    if (found === -1) return end;
    this.flush(kept);
    return end + 1;
  }

  private flush(kept: readonly Buffer[]): void {
    const [first] = kept;
    const bytes = kept.length === 1 && first !== undefined ? first : Buffer.concat(kept);
    const { truncated } = this;
    this.kept = null;
    this.keptBytes = 0;
    this.truncated = false;
    this.blank = true;
    this.onLine(bytes.toString("utf8"), truncated);
  }
}

/** Lines that replace each other, in one chunk. */
class Run {
  /** Behind the last line that was taken. */
  end = 0;
  private readonly chunk: Buffer;
  private readonly replaced: Replaced;
  private readonly maxBytes: number;
  /** The chunk with one character a byte, once it is needed. */
  private text: string | null = null;
  private kind: string | null = null;
  /** Beginnings and ends, one after another. */
  private places: number[] = [];

  constructor(chunk: Buffer, replaced: Replaced, maxBytes: number) {
    this.chunk = chunk;
    this.replaced = replaced;
    this.maxBytes = maxBytes;
  }

  /** Takes the line that begins there, if it is whole and one of them. */
  takes(from: number): boolean {
    if (this.replaced === never) return false;
    this.text ??= this.chunk.toString("latin1");
    const to = this.text.indexOf("\n", from);
    if (to === -1 || to - from > this.maxBytes) return false;
    const kind = this.replaced.kindOf(this.text.slice(from, to));
    if (kind === null) return false;
    if (kind !== this.kind) this.tell();
    this.kind = kind;
    this.places.push(from, to);
    this.end = to + 1;
    return true;
  }

  /** What came before is over: its last line is told. */
  tell(): void {
    const { places } = this;
    for (let at = places.length - 2; at >= 0; at -= 2) {
      if (this.replaced.onLast(this.chunk.toString("utf8", places[at], places[at + 1]))) break;
    }
    places.length = 0;
  }
}
