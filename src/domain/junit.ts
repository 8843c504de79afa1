import { addTallies, nothing, type Tally } from "./test-summary/tally.ts";

/**
 * Reads JUnit's XML for its counts alone: names of elements, how they are nested, and two attributes. No text is decoded, so
 * there are no entities to expand; a file that declares any is refused, as is one that is not whole. A library for XML would
 * bring all of what is refused here.
 */
export type JunitReading =
  { readonly kind: "read"; readonly tally: Tally } | { readonly kind: "refused"; readonly why: string };

/** Deeper than any writer nests suites. */
const maxDepth = 100;

type Piece =
  | { readonly kind: "open" | "empty"; readonly name: string; readonly attributes: string }
  | { readonly kind: "close"; readonly name: string }
  | { readonly kind: "other" };

export function readJunit(text: string): JunitReading {
  const suite = new Suites();
  try {
    for (const piece of pieces(text.replace(/^\uFEFF/, ""))) suite.take(piece);
    return { kind: "read", tally: suite.end() };
  } catch (error) {
    if (error instanceof NotJunit) return { kind: "refused", why: error.message };
    throw error;
  }
}

export function addReports(tallies: readonly Tally[]): Tally {
  return tallies.reduce(addTallies, nothing);
}

class NotJunit extends Error {
  override readonly name = "NotJunit";
}

/** Follows the nesting and counts test cases. */
class Suites {
  private readonly open: string[] = [];
  private rooted = false;
  private current: "passed" | "failed" | "skipped" | null = null;
  private readonly tally = { passed: 0, failed: 0, skipped: 0 };
  /** The most that a suite says has failed: one that could not be loaded has no test case in some writers' files. */
  private claimed = 0;

  take(piece: Piece): void {
    if (piece.kind === "other") return;
    if (piece.kind === "close") return this.close(piece.name);
    if (this.open.length === 0 && this.rooted) throw new NotJunit("it has more than one root");
    if (this.open.length === 0 && !/^testsuites?$/.test(piece.name)) throw new NotJunit(`its root is <${piece.name}>`);
    if (this.open.length >= maxDepth) throw new NotJunit("it is nested too deep");
    this.rooted = true;
    this.begin(piece.name, piece.attributes);
    this.open.push(piece.name);
    if (piece.kind === "empty") this.close(piece.name);
  }

  end(): Tally {
    if (!this.rooted) throw new NotJunit("it is empty");
    if (this.open.length > 0) throw new NotJunit("it ends too early");
    return { ...this.tally, failed: Math.max(this.tally.failed, this.claimed) };
  }

  private begin(name: string, attributes: string): void {
    if (/^testsuites?$/.test(name)) {
      const failed = numberIn(attributes, "failures") + numberIn(attributes, "errors");
      this.claimed = Math.max(this.claimed, failed);
      return;
    }
    const parent = this.open.at(-1);
    if (name === "testcase" && /^testsuites?$/.test(parent ?? "")) {
      // Of CTest and GoogleTest: disabled.
      this.current = /\sstatus\s*=\s*["'](?:notrun|disabled|skipped)["']/.test(attributes) ? "skipped" : "passed";
    } else if (this.current !== null && parent === "testcase") {
      if (name === "failure" || name === "error") this.current = "failed";
      else if (name === "skipped" && this.current === "passed") this.current = "skipped";
    }
  }

  private close(name: string): void {
    if (this.open.pop() !== name) throw new NotJunit(`</${name}> closes something else`);
    if (name !== "testcase" || this.current === null) return;
    this.tally[this.current]++;
    this.current = null;
  }
}

function numberIn(attributes: string, name: string): number {
  const found = new RegExp(`\\s${name}\\s*=\\s*["'](\\d{1,9})["']`).exec(attributes);
  return Number(found?.[1] ?? 0);
}

/** What stands between text and text, each looked for from where the last one ended: linear. */
function* pieces(text: string): Generator<Piece> {
  for (let at = text.indexOf("<"); at !== -1; at = text.indexOf("<", at)) {
    const special = specials.find(([start]) => text.startsWith(start, at));
    if (special !== undefined) {
      at = behind(text, special[1], at + special[0].length);
      yield { kind: "other" };
    } else if (text.startsWith("<!", at)) throw new NotJunit("it declares a document type or entities");
    else {
      const end = endOfTag(text, at + 1);
      yield tag(text.slice(at + 1, end));
      at = end + 1;
    }
  }
}

const specials = [
  ["<!--", "-->"],
  ["<![CDATA[", "]]>"],
  ["<?", "?>"],
] as const;

function behind(text: string, end: string, from: number): number {
  const found = text.indexOf(end, from);
  if (found === -1) throw new NotJunit("it ends too early");
  return found + end.length;
}

/** A `>` may stand in an attribute's value. */
function endOfTag(text: string, from: number): number {
  let quote = "";
  for (let at = from; at < text.length; at++) {
    const character = text[at] ?? "";
    if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === ">") return at;
    else if (character === "<") break;
  }
  throw new NotJunit("it has a tag without an end");
}

function tag(inner: string): Piece {
  const match = /^(\/?)([A-Za-z_][\w:.-]{0,100})(?=[\s/]|$)/.exec(inner);
  if (match === null) throw new NotJunit("it has a tag without a name");
  const [whole, slash, name = ""] = match;
  if (slash === "/") return { kind: "close", name };
  const rest = inner.slice(whole.length);
  return { kind: rest.endsWith("/") ? "empty" : "open", name, attributes: rest };
}
