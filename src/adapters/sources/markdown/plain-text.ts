/** A line this long is no title; the bound also keeps the patterns below fast on junk. */
const maxLineLength = 4_000;

const shielded = /(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)|\\([!-/:-@[-`{-~])/g;
const comments = /<!--.*?(?:-->|$)/g;
const links = /!?\[([^[\]]*)\](?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^[\]]*\])/g;
const autolinks = /<((?:https?|mailto):[^<>\s]+)>/g;
/** Only real ones: in `GET /users/<id>` the angle brackets are meant. */
const tags =
  /<\/?(?:a|b|br|code|del|div|em|font|i|img|input|kbd|mark|p|s|small|span|strong|sub|summary|sup|u)(?:\s[^<>]*)?\/?>/gi;
const pairs = [
  /(\*{1,3})(?=\S)([^*]*(?:\*(?!\1)[^*]*)*?)(?<=\S)\1/g,
  /(?<![\p{L}\p{N}_])(_{1,3})(?=\S)([^_]+|[^_].*?[^_])(?<=\S)\1(?![\p{L}\p{N}_])/gu,
  /(~~)(?=\S)([^~]+)(?<=\S)\1/g,
];
const unpaired = /^\*{2,3}(?=\S)|(?<=\S)\*{2,3}$/g;

export function fold(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/**
 * One source line without its Markdown: what a reader sees, white space folded. It looks at nothing but the
 * line, so that no edit elsewhere in the document can change it.
 */
export function plainText(line: string): string {
  const kept: string[] = [];
  const keep = (text: string): string => `\uE000${kept.push(text) - 1}\uE001`;
  let text = line
    .slice(0, maxLineLength)
    .replace(shielded, (_, _ticks, code: string | undefined, escaped: string | undefined) =>
      keep(code === undefined ? (escaped ?? "") : code.trim()),
    )
    .replace(comments, " ")
    .replace(links, "$1")
    .replace(autolinks, "$1")
    .replace(tags, "");
  for (const pair of pairs) text = unwrap(text, pair);
  text = text.trim().replace(unpaired, "").replace(/\\$/, "");
  return fold(text.replace(/\uE000(\d+)\uE001/g, (whole, index: string) => kept[Number(index)] ?? whole));
}

/** Three passes: bold in italics in bold is as deep as people go. */
function unwrap(text: string, pair: RegExp): string {
  let result = text;
  for (let pass = 0; pass < 3; pass++) {
    const next = result.replace(pair, "$2");
    if (next === result) return result;
    result = next;
  }
  return result;
}
