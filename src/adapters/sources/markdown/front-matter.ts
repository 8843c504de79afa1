const frontMatter = /^---[ \t]*(?:\r\n|\n|\r)([^]*?(?:\r\n|\n|\r))(?:---|\.\.\.)[ \t]*(?=\r|\n|$)/;
const firstLine = /^["']?[\p{L}\p{N}_][^:\r\n]*:(?:\s|$)/u;
const anyLine = /^(?:\s|#|-\s|["']?[\p{L}\p{N}_][^:]*:(?:\s|$)|$)/u;

/**
 * Overwrites YAML front matter with spaces, so that every later offset and line stays true. A document
 * that merely begins with a `---` rule is left alone.
 */
export function blankFrontMatter(text: string): string {
  const match = frontMatter.exec(text);
  const body = match?.[1];
  if (match === null || body === undefined || !firstLine.test(body)) return text;
  if (!body.split(/\r\n|\n|\r/).every((line) => anyLine.test(line))) return text;
  return match[0].replace(/[^\r\n]/g, " ") + text.slice(match[0].length);
}
