import type { Sureness } from "../../../domain/plan.ts";
import type { MarkState } from "../../../domain/roadmap.ts";

interface Marker {
  readonly state: MarkState;
  readonly sure: Sureness;
}

/** What stands between brackets instead of a blank or an `x`, as the note-taking programs that have them use it. */
const markers = new Map<string, Marker>(
  Object.entries({
    "~": { state: "started", sure: "stated" },
    "/": { state: "started", sure: "stated" },
    ".": { state: "started", sure: "likely" },
    o: { state: "started", sure: "likely" },
    "*": { state: "open", sure: "likely" },
    "!": { state: "open", sure: "guess" },
    _: { state: "open", sure: "likely" },
    v: { state: "done", sure: "stated" },
    V: { state: "done", sure: "stated" },
    "✓": { state: "done", sure: "stated" },
    "✔": { state: "done", sure: "stated" },
    "✅": { state: "done", sure: "stated" },
    "-": { state: "dropped", sure: "stated" },
    "❌": { state: "dropped", sure: "likely" },
    ">": { state: "held", sure: "stated" },
    "<": { state: "held", sure: "likely" },
    "?": { state: "held", sure: "likely" },
  } as const),
);

const bracketed = /^\[(.)(?:\ufe0f)?\](?=[ \t]|$)/u;

export interface Bracketed {
  /** Between the brackets. */
  readonly sign: string;
  /** Of all of it. */
  readonly length: number;
}

/** `[~] …` at the beginning of a text, whatever stands between the brackets. */
export function leadingBracket(text: string): Bracketed | null {
  const match = bracketed.exec(text);
  return match?.[1] === undefined ? null : { sign: match[0].slice(1, -1), length: match[0].length };
}

export function isBox(sign: string): boolean {
  return /^[ \txX]$/.test(sign);
}

/** Of a sign that stands for something wherever it is. */
function markerAnywhere(sign: string): Marker | null {
  return markers.get(sign.replace("\ufe0f", "")) ?? null;
}

export function isMarker(sign: string): boolean {
  return markerAnywhere(sign) !== null;
}

export function markerOf(sign: string, legend: ReadonlyMap<string, MarkState>): Marker | null {
  const told = legend.get(`[${sign}]`);
  return told === undefined ? markerAnywhere(sign) : { state: told, sure: "stated" };
}
