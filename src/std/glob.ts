import { lazily } from "./lazily.ts";

/** Whether a path is one that a glob stands for. */
export interface PathPattern {
  test(path: string): boolean;
  /** It has so many ways to fit that each test takes long. */
  readonly isSlow: boolean;
}

type Piece =
  /** One character; as an expression says it. */
  | { readonly kind: "one"; readonly source: string }
  /** `*` is within a name, `**` is whatever it is, and with a slash behind it folders. */
  | { readonly kind: "name" | "all" | "folders" }
  | { readonly kind: "either"; readonly ways: readonly Pieces[] };
type Pieces = readonly Piece[];

/** An expression tries ways to fit one after the other: with more of them it may take for ever. */
const mostOpen = 3;
const mostWays = 16;
const longestPath = 300;

/**
 * A glob as a pattern for whole paths relative to where it is looked from: `*`, `?`, `**`, `[a-z]`, `{a,b}`. One without a
 * slash is meant for names at any depth. How long a test takes is bounded, whatever the glob.
 */
export function globPattern(glob: string): PathPattern {
  const trimmed = glob.replace(/^\.?\/+/, "").slice(0, 1_000);
  const pieces = piecesOf(trimmed.includes("/") ? trimmed : `**/${trimmed}`);
  const isSimple = openIn(pieces) <= mostOpen && waysOf(pieces) <= mostWays;
  // It is many times as fast, where it has few ways to go.
  const expression = isSimple ? new RegExp(`^${sourceOf(pieces)}$`, "su") : null;
  const places = lazily(() => placesReader(pieces));
  return {
    isSlow: !isSimple,
    test: (path) =>
      expression !== null && path.length <= longestPath ? expression.test(path) : fits(places(), Array.from(path)),
  };
}

function piecesOf(glob: string): Pieces {
  const root: Piece[] = [];
  const open: Piece[][][] = [];
  for (let at = 0; at < glob.length;) {
    const text = /^(\*\*\/|\*\*|\*|\?|\[[^\]/]+\]|\\.|[^])/u.exec(glob.slice(at))?.[0] ?? "";
    at += text.length;
    const into = open.at(-1)?.at(-1) ?? root;
    if (text === "{" && glob.indexOf("}", at) !== -1) {
      const ways: Piece[][] = [[]];
      into.push({ kind: "either", ways });
      open.push(ways);
    } else if (text === "}" && open.length > 0) open.pop();
    else if (text === "," && open.length > 0) open.at(-1)?.push([]);
    else into.push(...piecesFor(text));
  }
  return root;
}

function piecesFor(text: string): Piece[] {
  if (text === "**/") return [{ kind: "folders" }];
  if (text === "**") return [{ kind: "all" }];
  if (text === "*") return [{ kind: "name" }];
  if (text === "?") return [{ kind: "one", source: "[^/]" }];
  const source = /^\[.+\]$/u.test(text) ? characterClass(text) : null;
  if (source !== null) return [{ kind: "one", source }];
  return Array.from(text.replace(/^\\(?=.)/, "")).map((character) => ({ kind: "one", source: escaped(character) }));
}

/** Null for one such as [z-a], which is meant as it stands. */
function characterClass(text: string): string | null {
  const inside = text
    .slice(1, -1)
    .replace(/^!/, "^")
    .replace(/[\\&~[]/g, String.raw`\$&`);
  try {
    return new RegExp(`[${inside}]`, "u").source;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}

function openIn(pieces: Pieces): number {
  return pieces.reduce((sum, piece) => {
    if (piece.kind === "either") return sum + piece.ways.reduce((most, way) => Math.max(most, openIn(way)), 0);
    return piece.kind === "one" ? sum : sum + 1;
  }, 0);
}

function waysOf(pieces: Pieces): number {
  return pieces.reduce((product, piece) => {
    return piece.kind === "either" ? product * piece.ways.reduce((sum, way) => sum + waysOf(way), 0) : product;
  }, 1);
}

function sourceOf(pieces: Pieces): string {
  return pieces.map(pieceSource).join("");
}

function pieceSource(piece: Piece): string {
  switch (piece.kind) {
    case "one":
      return piece.source;
    case "name":
      return "[^/]*";
    case "all":
      return ".*";
    case "folders":
      return "(?:[^/]+/)*";
    case "either":
      return `(?:${piece.ways.map(sourceOf).join("|")})`;
  }
}

/** From the places that what comes before may end at, in order, to those that this may end at. */
type Reader = (path: readonly string[], from: readonly number[]) => readonly number[];

function fits(reader: Reader, path: readonly string[]): boolean {
  return reader(path, [0]).at(-1) === path.length;
}

function placesReader(pieces: Pieces): Reader {
  const readers = pieces.map(pieceReader);
  return (path, from) => readers.reduce((at, reader) => (at.length === 0 ? at : reader(path, at)), from);
}

function pieceReader(piece: Piece): Reader {
  switch (piece.kind) {
    case "one": {
      const one = new RegExp(`^${piece.source}$`, "su");
      return (path, from) => from.flatMap((at) => (at < path.length && one.test(path[at] ?? "") ? [at + 1] : []));
    }
    case "name":
      return (path, from) => spread(path, from, (character) => character !== "/");
    case "all":
      return (path, from) => spread(path, from, () => true);
    case "folders":
      return foldersRead;
    case "either": {
      const ways = piece.ways.map(placesReader);
      return (path, from) => [...new Set(ways.flatMap((way) => way(path, from)))].sort((a, b) => a - b);
    }
  }
}

/** Every place from one of these on, as far as each character may be passed. */
function spread(path: readonly string[], from: readonly number[], passes: (character: string) => boolean): number[] {
  const found: number[] = [];
  let next = 0;
  for (const start of from) {
    if (start < next) continue;
    let at = start;
    while (found.push(at) > 0 && at < path.length && passes(path[at] ?? "")) at++;
    next = at + 1;
  }
  return found;
}

/** Whole names with the slash behind each. */
function foldersRead(path: readonly string[], from: readonly number[]): number[] {
  const found = new Set(from);
  for (const start of from) {
    for (let at = start, name = 0; at < path.length; at++) {
      if (path[at] !== "/") name++;
      else if (name === 0) break;
      else if (found.has(at + 1)) break;
      else {
        found.add(at + 1);
        name = 0;
      }
    }
  }
  return [...found].sort((a, b) => a - b);
}
