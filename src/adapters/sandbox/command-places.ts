import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { dirname, isAbsolute, join, sep } from "node:path";
import { errnoOf } from "../../std/operational-error.ts";
import { findProgram } from "../process/find-program.ts";
import { isWithin, real } from "./mount-plan.ts";

export interface CommandPlacesOptions {
  /** As in the configuration. Never with a prompt in it: what stands in a task's text is nobody's leave to read it. */
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** HOME, NIGHTCREW_HOME and the like: none of them, nor what they lie in, is opened as a whole. */
  readonly hidden: readonly string[];
  /** Nothing in these is opened. */
  readonly secret: readonly string[];
}

const maxTextLength = 64 * 1024;
const maxInterpreters = 4;

/**
 * What a configured command must be able to read, for `SandboxPolicy.readable`: every absolute path it names that exists, its
 * program with what that is made of (a node package with its dependencies, a python environment), and the interpreters of both.
 */
export function commandPlaces({ command, env, cwd, hidden, secret }: CommandPlacesOptions): string[] {
  const program = findProgram(command[0] ?? "", env["PATH"] ?? "", cwd);
  const named = command.flatMap(absolutePaths).filter((path) => existsSync(path));
  const places = new Set<string>();
  for (const path of [...(program === null ? [] : [program]), ...named]) {
    places.add(path);
    for (const place of madeOf(path, env["PATH"] ?? "")) places.add(place);
  }
  const where = (folders: readonly string[]): string[] => folders.map((place) => real(place) ?? place);
  const [closed, closedWhole] = [where(hidden), where(secret)];
  return [...places].filter((path) => mayOpen(path, closed, closedWhole));
}

/**
 * The folders of a search path that lie in HOME, with what programs in them are made of: what a user has installed there is
 * what checks and agents run.
 */
export function toolPlaces(home: string, path: string): string[] {
  const folders = path.split(":").filter((folder) => isAbsolute(folder) && folder !== home && isWithin(folder, home));
  const around = toolFolders.map((folder) => join(home, folder));
  const beside = folders.filter((folder) => /\/(bin|shims)$/.test(folder)).flatMap(installationOf);
  return [...new Set([...folders, ...beside, ...around])].filter((place) => existsSync(place));
}

/** Relative to HOME: where tools keep programs and versions of theirs, and no secrets. */
const toolFolders: readonly string[] = [
  ".nvm/versions",
  ".local/lib",
  ".local/pipx",
  ".local/share/pipx",
  ".local/share/claude",
  ".local/share/fnm",
  ".local/share/mise",
  ".local/share/pnpm",
  ".local/share/uv",
  ".asdf",
  ".bun/install/global",
  ".pyenv",
  ".rbenv",
  ".rustup",
  ".sdkman/candidates",
  ".volta",
];

/** Beside a `bin`: what its programs read. Never the folder around, which may hold credentials as well. */
function installationOf(bin: string): string[] {
  const prefix = dirname(bin);
  return (
    ["lib", "lib64", "libexec", "include", "share"]
      .map((name) => join(prefix, name))
      // In ~/.local/share is what every program of a user keeps.
      .filter((folder) => !folder.endsWith("/.local/share") && !folder.endsWith("/.local/lib"))
  );
}

function mayOpen(path: string, hidden: readonly string[], secret: readonly string[]): boolean {
  const at = real(path);
  if (at === null) return false;
  return !hidden.some((place) => isWithin(place, at)) && !secret.some((place) => isWithin(at, place));
}

/** Also those within a word, as in `--config=/a/b` or `sh -c '/a/b c'`. */
function absolutePaths(word: string): string[] {
  if (word.length > maxTextLength) return [];
  const within = word.split(/[\s"'`=:;,|&<>()]+/).filter((part) => part.startsWith(sep) && part.length > 1);
  return word.startsWith(sep) ? [word, ...within] : within;
}

/** What a program reads besides its own file. */
function madeOf(program: string, path: string): string[] {
  const found: string[] = [];
  let file: string | null = program;
  for (let depth = 0; file !== null && depth < maxInterpreters; depth++) {
    const at = real(file);
    if (at === null) break;
    found.push(file, at, ...packageOf(at), ...pythonEnvironmentOf(file));
    file = interpreterOf(at, path);
  }
  return found;
}

/** The outermost `node_modules`: dependencies of a package may lie beside it. */
function packageOf(file: string): string[] {
  const index = file.indexOf(`${sep}node_modules${sep}`);
  return index === -1 ? [] : [file.slice(0, index + "/node_modules".length)];
}

/** A virtual environment, and the installation it was made from. */
function pythonEnvironmentOf(file: string): string[] {
  const root = dirname(dirname(file));
  const settings = readStart(join(root, "pyvenv.cfg"));
  if (settings === null) return [];
  const base = /^home\s*=\s*(.+)$/m.exec(settings)?.[1]?.trim();
  return [root, ...(base === undefined ? [] : [base, ...installationOf(base)])];
}

/** The program that a script's first line names. */
function interpreterOf(file: string, path: string): string | null {
  const line = /^#!\s*([^\n]+)/.exec(readStart(file) ?? "")?.[1] ?? "";
  const [program = "", ...rest] = line.trim().split(/\s+/);
  if (program === "") return null;
  if (!program.endsWith("/env")) return program;
  const name = rest.find((word) => !word.startsWith("-") && !word.includes("="));
  return name === undefined ? null : findProgram(name, path, sep);
}

const startBytes = 4096;

/** The first bytes of a file; null where there is none to read. */
function readStart(file: string): string | null {
  try {
    const handle = openSync(file, "r");
    try {
      const bytes = Buffer.alloc(startBytes);
      return bytes.toString("latin1", 0, readSync(handle, bytes, 0, startBytes, 0));
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EACCES", "EISDIR", "ESPIPE", "ENXIO"].includes(errnoOf(error) ?? "")) return null;
    throw error;
  }
}
