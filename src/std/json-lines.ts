/** Splits a stream of text into lines, with a bound on what is held for one line. */
export class LineSplitter {
  private rest = "";
  private skipping = false;
  private readonly onLine: (line: string, truncated: boolean) => void;
  private readonly maxLine: number;

  constructor(onLine: (line: string, truncated: boolean) => void, maxLine = 1_000_000) {
    this.onLine = onLine;
    this.maxLine = maxLine;
  }

  push(chunk: string): void {
    let start = 0;
    for (let end = chunk.indexOf("\n"); end !== -1; end = chunk.indexOf("\n", start)) {
      this.append(chunk.slice(start, end));
      this.flush();
      start = end + 1;
    }
    this.append(chunk.slice(start));
  }

  /** Emits what came without a line end. */
  end(): void {
    if (this.rest !== "" || this.skipping) this.flush();
  }

  private append(piece: string): void {
    if (this.skipping || piece === "") return;
    const room = this.maxLine - this.rest.length;
    this.rest += piece.length > room ? piece.slice(0, room) : piece;
    this.skipping = piece.length > room;
  }

  private flush(): void {
    const line = this.rest.endsWith("\r") ? this.rest.slice(0, -1) : this.rest;
    const truncated = this.skipping;
    this.rest = "";
    this.skipping = false;
    this.onLine(line, truncated);
  }
}

/** The object on a line of JSON; null for anything else. Never throws. */
export function parseJsonObject(line: string): Record<string, unknown> | null {
  const trimmed = line.trim();
  if (!trimmed.startsWith("{") || !trimmed.endsWith("}")) return null;
  try {
    const value: unknown = JSON.parse(trimmed);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
