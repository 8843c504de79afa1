/** Words that stand before the program without changing what it prints. */
const prefixes = new Set("env cross-env cross-env-shell time exec command sudo if then do else ! {".split(" "));
/** Programs that run another one, given after their own options. */
const wrappers = new Set(["npx", "bunx", "pnpx", "uvx", "pipx", "nyc", "c8", "xvfb-run", "nice", "nohup"]);
/** Programs that run another one by a word of theirs. */
const launchers: ReadonlyMap<string, readonly string[]> = new Map([
  ["npm", ["exec", "x"]],
  ["pnpm", ["exec", "dlx"]],
  ["yarn", ["exec", "dlx", "run"]],
  ["bun", ["run", "x"]],
  ["uv", ["run"]],
  ["poetry", ["run"]],
  ["pipenv", ["run"]],
  ["pdm", ["run"]],
  ["hatch", ["run"]],
  ["rye", ["run"]],
  ["pixi", ["run"]],
  ["bundle", ["exec"]],
]);

/** Options of all these that take a word. */
const wordOptions = new Set(
  (
    "-p --package -w --workspace -C --dir --filter -F --prefix --cwd -k -n -W -X -r --require --import --loader " +
    "--with --extra --group --python --project --directory --experimental-loader --conditions --env-file " +
    "--test-reporter --test-reporter-destination --test-name-pattern"
  ).split(" "),
);

const maxWrappers = 12;

/** The words from the program on that is really meant: without assignments, wrappers and folders of programs. */
export function program(words: readonly string[], isKnown: (word: string) => boolean): readonly string[] {
  let rest = words;
  for (let step = 0; step < maxWrappers; step++) {
    const next = unwrap(rest, isKnown);
    if (next === null) return rest;
    rest = next;
  }
  return rest;
}

/** Behind the script `--test` is the script's own argument. */
export function nodeTestArguments(args: readonly string[]): boolean {
  return optionsOf(args).includes("--test");
}

/** One wrapper less; null when the first word is the program. */
function unwrap(words: readonly string[], isKnown: (word: string) => boolean): readonly string[] | null {
  const [first = "", ...args] = words;
  if (/^\w+=/.test(first) || prefixes.has(first)) return args;
  const name = programName(first);
  if (name !== first) return [name, ...args];
  if (wrappers.has(name)) return behindOptions(args);
  if (name === "timeout") return behindOptions(args).slice(1);
  if (launchers.has(name)) return launched(name, behindOptions(args), isKnown);
  if (name === "cargo" && args[0] === "nextest") return ["cargo nextest", ...args.slice(1)];
  if (name === "coverage" && args[0] === "run") return pythonProgram(args.slice(1));
  if (/^(?:python[\d.]*|pypy[\d.]*|py)$/.test(name)) return pythonProgram(args);
  if (name === "php" || name === "ruby" || (name === "node" && !nodeTestArguments(args))) return script(args);
  return null;
}

/** `yarn jest` and `pnpm vitest` start the program where no script has that name. */
function launched(name: string, args: readonly string[], isKnown: (word: string) => boolean): readonly string[] | null {
  const word = args[0] ?? "";
  if (launchers.get(name)?.includes(word) === true) return behindOptions(args.slice(1));
  return (name === "yarn" || name === "pnpm") && isKnown(word) ? args : null;
}

/** `-m pytest` or a script. */
function pythonProgram(args: readonly string[]): readonly string[] | null {
  const at = optionsOf(args).indexOf("-m");
  if (at === -1) return script(args);
  const rest = args.slice(at + 1);
  return rest[0] === "unittest" ? ["-m unittest", ...rest.slice(1)] : rest;
}

function script(args: readonly string[]): readonly string[] | null {
  const rest = behindOptions(args);
  return rest.length === 0 ? null : rest;
}

/** The leading options, with the words they take. */
function optionsOf(args: readonly string[]): readonly string[] {
  let end = 0;
  while (args[end]?.startsWith("-") === true) end += wordOptions.has(args[end] ?? "") ? 2 : 1;
  return args.slice(0, end);
}

function behindOptions(args: readonly string[]): readonly string[] {
  return args.slice(optionsOf(args).length);
}

/**
 * `./node_modules/.bin/jest`, `node_modules/vitest/vitest.mjs`, `ava@6`: jest, vitest, ava. A repository's own
 * `scripts/jest` may be anything.
 */
function programName(word: string): string {
  if (/^(?:\.\/)?(?:[\w.-]+\/)*manage\.py$/.test(word)) return "manage.py";
  if (word === "./mvnw") return "mvnw";
  const file = word.slice(word.lastIndexOf("/") + 1);
  if (/(?:^|\/)node_modules\//.test(word)) return file.replace(/\.(?:[cm]?js|cmd)$/, "");
  if (/(?:^|\/)(?:s?bin|Scripts)\/[^/]+$/.test(word)) return file.replace(/\.exe$/, "");
  return word.replace(/^([a-z]+)@[\w.^~-]+$/, "$1");
}
