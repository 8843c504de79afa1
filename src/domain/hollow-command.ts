import type { Claim } from "./evidence.ts";
import { shellCommands } from "./shell-words.ts";

/** Commands that look at nothing. */
const idle = new Set(
  ": true false echo printf exit return sleep cd pwd set export unset readonly umask wait break continue test [ [[ let shift".split(
    " ",
  ),
);
/** They stand before the command that is meant. */
const prefixes = new Set(
  "! ( { if then else elif do while until time command exec builtin env nice nohup eval".split(" "),
);
const closing = new Set([")", "}", "fi", "done", ";;"]);
const shells = /^(?:\/\S*\/)?(?:sh|bash|dash|zsh|ksh)$/;
/** Behind a pipe they succeed whatever came. */
const readers = new Set("cat tee head tail wc sort uniq tr cut less more".split(" "));

const maxDepth = 3;

/**
 * A command whose success proves nothing, as far as that can be seen: it looks at nothing, or succeeds whatever failed in
 * it. A shell can hide more than that from any reader.
 */
export function isHollow({ command, exit, output }: Pick<Claim, "command" | "exit" | "output">): boolean {
  if (looksAtNothing(command, 0)) return true;
  return exit === 0 && output === null && succeedsAnyway(command);
}

function looksAtNothing(line: string, depth: number): boolean {
  // What is substituted is a command of its own.
  if (/\$\(|`|<\(/.test(line)) return false;
  return shellCommands(line).every(({ words }) => isIdle(words, depth));
}

function isIdle(all: readonly string[], depth: number): boolean {
  const words = all.filter((word) => !closing.has(word));
  const at = words.findIndex((word) => !prefixes.has(word) && !/^[A-Za-z_]\w*=/.test(word));
  const [first, ...rest] = at < 0 ? [] : words.slice(at);
  if (first === undefined) return true;
  if (shells.test(first)) return shellIsIdle(rest, depth);
  if (!idle.has(first)) return false;
  // Whether a file is there, or holds something, is a question to the tree; whether 1 = 1 is none.
  return !/^(?:test|\[\[?)$/.test(first) || !rest.some((word) => /^-[a-zA-Z]$/.test(word));
}

function shellIsIdle(words: readonly string[], depth: number): boolean {
  const at = words.findIndex((word) => /^-\w*c$/.test(word));
  return at >= 0 && depth < maxDepth && looksAtNothing(words[at + 1] ?? "", depth + 1);
}

/** `make test || true`, `npm test; echo done`, `npm test | cat`. */
function succeedsAnyway(command: string): boolean {
  const line = command.replace(/[\s;)}]+$/, "");
  const last = /(?<operator>\|\||;|\n|\||(?<![&>])&(?!&))\s*(?<words>[^;|&\n]*)$/.exec(line)?.groups;
  const [first = ""] = (last?.["words"] ?? "").trim().split(/\s+/);
  switch (last?.["operator"]) {
    case "||":
      return isSuccess(last["words"]?.trim() ?? "");
    case ";":
    case "\n":
      return isSuccess(last["words"]?.trim() ?? "") && !/(?:^|[\s;])set\s+-\w*e/.test(line);
    case "|":
      return readers.has(first) || isSuccess(last["words"]?.trim() ?? "");
    // Nobody waits for what is in the background.
    case "&":
      return true;
    default:
      return line.endsWith("&");
  }
}

function isSuccess(words: string): boolean {
  return /^(?::|true|echo|printf)(?:\s|$)|^exit\s+0$/.test(words);
}
