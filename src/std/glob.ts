/**
 * A glob as a pattern for whole paths relative to where it is looked from: `*`, `?`, `**`, `[a-z]`, `{a,b}`. One without a
 * slash is meant for names at any depth.
 */
export function globPattern(glob: string): RegExp {
  const trimmed = glob.replace(/^\.?\/+/, "").slice(0, 1_000);
  const anywhere = trimmed.includes("/") ? trimmed : `**/${trimmed}`;
  return new RegExp(`^${[...pieces(anywhere)].join("")}$`, "su");
}

function* pieces(glob: string): Generator<string> {
  let depth = 0;
  for (let at = 0; at < glob.length;) {
    const piece = /^(\*\*\/|\*\*|\*|\?|\[[^\]/]+\]|\\.|[^])/u.exec(glob.slice(at))?.[0] ?? "";
    at += piece.length;
    if (piece === "**/") yield "(?:[^/]+/)*";
    else if (piece === "**") yield ".*";
    else if (piece === "*") yield "[^/]*";
    else if (piece === "?") yield "[^/]";
    else if (/^\[.+\]$/u.test(piece)) yield characterClass(piece);
    else if (piece === "{" && glob.indexOf("}", at) !== -1) {
      depth++;
      yield "(?:";
    } else if (piece === "}" && depth > 0) {
      depth--;
      yield ")";
    } else if (piece === "," && depth > 0) yield "|";
    else yield escaped(piece.replace(/^\\(?=.)/, ""));
  }
  yield ")".repeat(depth);
}

function characterClass(piece: string): string {
  const inside = piece
    .slice(1, -1)
    .replace(/^!/, "^")
    .replace(/[\\&~[]/g, String.raw`\$&`);
  try {
    return new RegExp(`[${inside}]`, "u").source;
  } catch (error) {
    // Such as [z-a]: then it is meant as it stands.
    if (error instanceof SyntaxError) return escaped(piece);
    throw error;
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
