/**
 * The JSON in what a model said: whole, in a fence, or with words around it. Comments, line ends within a text and commas
 * before a closing bracket are put up with. Throws a `SyntaxError` that says what is wrong, for whoever has to correct it.
 */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const [first, ...others] = candidates(withoutThoughts(text));
    if (first === undefined) throw new SyntaxError("there is no JSON in it", { cause: error });
    // Beside it there may be links, notes in brackets and examples: what is meant is the longest.
    const longest = others.reduce((most, one) => (one.json.length < most.json.length ? most : one), first);
    return JSON.parse(longest.json);
  }
}

/** What was thought aloud before the answer may hold drafts of it. */
function withoutThoughts(text: string): string {
  const mark = "</think>";
  const end = text.indexOf(mark);
  return end === -1 || /^\s*(?:[{[]|```)/.test(text) ? text : text.slice(end + mark.length);
}

/** Each part between brackets; of what stands in fences, where there are any that begin with one. */
function candidates(text: string): Found[] {
  const found: Found[] = [];
  for (const pattern of [/```\w*\s*(?=[{[])/g, /(?=[{[])/g]) {
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const one = plainJson(text, match.index + match[0].length);
      found.push(one);
      pattern.lastIndex = one.end;
    }
    if (found.length > 0) break;
  }
  return found;
}

interface Found {
  readonly json: string;
  /** Where it ends in the text. */
  readonly end: number;
}

/** From a bracket on to the one that closes it, without comments and without commas that nothing follows. */
function plainJson(text: string, start: number): Found {
  const parts: string[] = [];
  let last = start;
  let depth = 0;
  for (let at = start; at < text.length;) {
    const end = tokenEnd(text, at);
    const token = text.slice(at, end);
    at = end;
    last = end;
    if (token.startsWith("//") || token.startsWith("/*")) continue;
    if (token === "}" || token === "]") {
      dropComma(parts);
      depth--;
    } else if (token === "{" || token === "[") depth++;
    parts.push(token.startsWith('"') ? escaped(token) : token);
    if (depth === 0) break;
  }
  return { json: parts.join(""), end: last };
}

/** JSON has no line ends and tabs within a text; models write them all the same. */
function escaped(token: string): string {
  return token.replaceAll("\r", "\\r").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/** Each character is looked at once, whatever the text: it comes from a model. */
function tokenEnd(text: string, at: number): number {
  const char = text[at] ?? "";
  if (char === '"') return stringEnd(text, at);
  const two = text.slice(at, at + 2);
  if (two === "//") return endBehind(text, "\n", at, 0);
  if (two === "/*") return endBehind(text, "*/", at + 2, 2);
  if (plain.test(char)) {
    let end = at + 1;
    while (end < text.length && plain.test(text[end] ?? "")) end++;
    return end;
  }
  return at + 1;
}

const plain = /[^"/{}[\],]/;

function stringEnd(text: string, at: number): number {
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === "\\") end++;
    else if (text[end] === '"') return end + 1;
  }
  return text.length;
}

/** What is not ended goes on to the end. */
function endBehind(text: string, mark: string, from: number, length: number): number {
  const end = text.indexOf(mark, from);
  return end === -1 ? text.length : end + length;
}

function dropComma(parts: string[]): void {
  let last = parts.length - 1;
  while (last > 0 && parts[last]?.trim() === "") last--;
  if (parts[last] === ",") parts.length = last;
}
