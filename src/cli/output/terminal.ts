import pc from "picocolors";

/** Where output goes, and what it may look like there. */
export interface Output {
  /** A line of the answer. */
  line(text: string): void;
  /** A line beside the answer: progress, hints, errors. */
  note(text: string): void;
  readonly interactive: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly style: Style;
}

export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const unlimitedColumns = 10_000;

export function terminalOutput(): Output {
  const interactive = process.stdout.isTTY && process.env["TERM"] !== "dumb" && process.env["CI"] === undefined;
  const { bold, dim, red, green, yellow, cyan } = pc.createColors(interactive && pc.isColorSupported);
  return {
    line: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
    interactive,
    // Asked anew every time: the window may be resized. What is read by a program is not cut.
    get columns() {
      // A terminal of no width is one that nobody told its size.
      return process.stdout.isTTY && process.stdout.columns > 0 ? process.stdout.columns : unlimitedColumns;
    },
    get rows() {
      return process.stdout.isTTY ? process.stdout.rows : 40;
    },
    style: { bold, dim, red, green, yellow, cyan },
  };
}
