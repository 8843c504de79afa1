/**
 * The JSON in what a model said: whole, in a fence, or with words around it. Comments and commas before a closing bracket
 * are put up with. Throws a `SyntaxError` that says what is wrong, for whoever has to correct it.
 */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const start = text.search(/[{[]/);
    if (start === -1) throw new SyntaxError("there is no JSON in it", { cause: error });
    return JSON.parse(plainJson(text, start));
  }
}

/** From a bracket on to the one that closes it, without comments and without commas that nothing follows. */
function plainJson(text: string, start: number): string {
  const parts: string[] = [];
  let depth = 0;
  for (let at = start; at < text.length;) {
    const end = tokenEnd(text, at);
    const token = text.slice(at, end);
    at = end;
    if (token.startsWith("//") || token.startsWith("/*")) continue;
    if (token === "}" || token === "]") {
      dropComma(parts);
      depth--;
    } else if (token === "{" || token === "[") depth++;
    parts.push(token);
    if (depth === 0) break;
  }
  return parts.join("");
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
