import { optional } from "./detect-build-tools.ts";
import type { DetectedCheck } from "./detect-gate.ts";
import { firstOf, readHead, readText, type RootFiles } from "./root-files.ts";

/** Whose Python it is that checks run with. */
export interface PythonTooling {
  /** Null: what is installed is not ours to install. */
  readonly install: DetectedCheck | null;
  /** The command line of a program, or of a module for Python; that of the project's own environment where it is locked. */
  readonly command: (tool: string, line: string) => string;
  /** Whether it is one of the project's dependencies, by its lock file or these texts. */
  readonly has: (tool: string, texts: ReadonlyMap<string, string>) => boolean;
}

const installers = [
  ["uv.lock", "uv", "uv sync --frozen --all-extras --all-groups", "uv run --no-sync "],
  ["poetry.lock", "poetry", "poetry install --no-interaction", "poetry run "],
] as const;

const maxLockBytes = 8_000_000;

/** A tool that is not installed cannot install: then it is as without one. */
export async function pythonTooling(root: RootFiles): Promise<PythonTooling> {
  const found = installers.find(([file, name]) => root.names.has(file) && root.isInstalled(name));
  if (found === undefined)
    return {
      install: null,
      command: (_, line) => line.replace(/^python /, "python3 "),
      has: (tool, texts) => names(texts, tool),
    };
  const [source, name, run, prefix] = found;
  const locked = new Set(
    [...((await readHead(root, source, maxLockBytes)) ?? "").matchAll(/^name = "([\w.-]+)"/gm)].map(([, tool]) => tool),
  );
  return {
    install: { name, run, kind: "command", source },
    has: (tool) => locked.has(tool),
    command: (tool, line) =>
      tool === "python" || locked.has(tool) ? `${prefix}${line}` : line.replace(/^python /, "python3 "),
  };
}

/**
 * Linters and type checkers that the project has configured, and that know without being told what to look at. Checkers of
 * types are often configured for editors alone, and see nothing without the project's packages: they are to be installed with them.
 */
export async function pythonQuality(root: RootFiles, tooling: PythonTooling): Promise<DetectedCheck[]> {
  const texts = await configTexts(root);
  const sectioned = (pattern: RegExp): string | undefined => [...texts].find(([, text]) => pattern.test(text))?.[0];
  const checks = [];
  const ruff = firstOf(root, "ruff.toml", ".ruff.toml") ?? sectioned(/^[ \t]*\[tool\.ruff(?:\.[\w.]+)?\]/m);
  if (ruff !== undefined) checks.push(optional("ruff", "ruff check .", ruff));
  const flake8 = firstOf(root, ".flake8") ?? sectioned(/^\[flake8\]/m);
  if (flake8 !== undefined) checks.push(optional("flake8", "flake8", flake8));
  const mypy = tooling.has("mypy", texts) ? sectioned(/^[ \t]*\[(?:tool\.)?mypy\]/m) : undefined;
  if (mypy !== undefined && namesTargets(texts.get(mypy) ?? "")) checks.push(optional("mypy", "mypy", mypy));
  else if (mypy !== undefined) root.notes.push(`${mypy} configures mypy without \`files\`: no check was added for it.`);
  const pyright = firstOf(root, "pyrightconfig.json") ?? sectioned(/^[ \t]*\[tool\.pyright\]/m);
  if (pyright !== undefined && tooling.has("pyright", texts)) checks.push(optional("pyright", "pyright", pyright));
  return checks.map((check) => ({ ...check, run: tooling.command(check.name, check.run) }));
}

const configs = ["pyproject.toml", "setup.cfg", "tox.ini", "mypy.ini", ".mypy.ini"];
const requirements = ["requirements.txt", "requirements-dev.txt", "dev-requirements.txt"];

function names(texts: ReadonlyMap<string, string>, tool: string): boolean {
  const listed = new RegExp(`["']${tool}["'\\s[<>=~!;]|^[ \\t]*${tool}(?:[\\s[<>=~!;]|$)`, "m");
  return [...texts.values()].some((text) => listed.test(text));
}

async function configTexts(root: RootFiles): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const name of [...configs, ...requirements]) texts.set(name, (await readText(root, name)) ?? "");
  return texts;
}

/** In mypy's own section. */
function namesTargets(text: string): boolean {
  const section = /^[ \t]*\[(?:tool\.)?mypy\][^\n]*\n((?:(?![ \t]*\[)[^\n]*\n?)*)/m.exec(text)?.[1] ?? "";
  return /^[ \t]*(?:files|packages|modules)[ \t]*=/m.test(section);
}
