import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isSetting, pick, type Environment } from "../domain/environment.ts";
import type { RunId } from "../domain/run.ts";
import { readIfThere } from "../adapters/files/read-if-there.ts";
import { replaceFile } from "../adapters/files/replace-file.ts";
import { parseJsonObject } from "../std/json-lines.ts";
import { errnoOf, OperationalError } from "../std/operational-error.ts";

export interface SubmittedEnvironment {
  /** By `isSetting`; kept with the run. */
  readonly settings: Environment;
  /** Named by the configuration; never written down. */
  readonly secrets: Environment;
}

/** Null: it was set, and holds a password. */
type WrittenSettings = Readonly<Record<string, string | null>>;

/** Also a run that is over may be taken up again, by `retry`: the keys of so many are kept. */
const mostRuns = 200;

/**
 * What agents and checks of a run see: the settings of the terminal it was submitted from, and what the configuration
 * names — from that terminal while this daemon lives, else from `<home>/env`, else from the daemon's own environment.
 */
export class RunEnvironments {
  private readonly home: string;
  private readonly runs: string;
  private readonly own: NodeJS.ProcessEnv;
  private readonly secrets = new Map<RunId, Environment>();

  /** `runs` holds the runs' folders, `own` is the daemon's environment. */
  constructor({ home, runs, own }: { readonly home: string; readonly runs: string; readonly own: NodeJS.ProcessEnv }) {
    this.home = home;
    this.runs = runs;
    this.own = own;
  }

  /** Before the run is begun. */
  async keep(run: RunId, { settings, secrets }: SubmittedEnvironment): Promise<void> {
    await mkdir(join(this.runs, run), { recursive: true, mode: 0o700 });
    const hidden = withCredentials(settings);
    // By name alone: where the value is gone with this process, it is looked for as that of a named variable is.
    const written = { ...settings, ...Object.fromEntries(hidden.map((name) => [name, null])) };
    await replaceFile(this.settingsFile(run), JSON.stringify(written));
    this.secrets.set(run, { ...secrets, ...pick(settings, (name) => hidden.includes(name)) });
    const [oldest] = this.secrets.keys();
    if (this.secrets.size > mostRuns && oldest !== undefined) this.secrets.delete(oldest);
  }

  async of(run: RunId, names: readonly string[]): Promise<Environment> {
    const found = (await this.settingsOf(run)) ?? pick(this.own, isSetting);
    const settings = Object.fromEntries(
      Object.entries(found).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
    );
    const hidden = Object.keys(found).filter((name) => found[name] === null);
    const wanted = [...names, ...hidden];
    const named = (from: NodeJS.ProcessEnv): Environment => pick(from, (name) => wanted.includes(name));
    if (wanted.length === 0) return settings;
    return { ...settings, ...named(this.own), ...named(await this.kept()), ...named(this.secrets.get(run) ?? {}) };
  }

  /** Variables of `<home>/env`: they are there whoever starts the daemon. */
  async kept(): Promise<Environment> {
    const file = join(this.home, "env");
    const found = await stat(file).catch((error: unknown) => {
      if (errnoOf(error) === "ENOENT") return null;
      throw error;
    });
    if (found === null) return {};
    if ((found.mode & 0o077) !== 0) throw readableByOthers(file);
    return parseEnvironment(await readFile(file, "utf8"), file);
  }

  private async settingsOf(run: RunId): Promise<WrittenSettings | null> {
    return parseJsonObject((await readIfThere(this.settingsFile(run))) ?? "") as WrittenSettings | null;
  }

  private settingsFile(run: RunId): string {
    return join(this.runs, run, "environment.json");
  }
}

/** Names of settings whose value tells how to log in somewhere: `http://user:password@proxy`. */
export function withCredentials(settings: Environment): string[] {
  return Object.entries(settings).flatMap(([name, value]) => (tellsLogin(name, value) ? [name] : []));
}

/** Proxies are also given without a scheme. */
function tellsLogin(name: string, value: string): boolean {
  return /\/\/[^/\s]*@/.test(value) || (/proxy$/i.test(name) && /^[^/\s]*@/.test(value));
}

/** `NAME=value` lines, the value as it stands; blank lines and lines that begin with `#` are passed over. */
export function parseEnvironment(text: string, file: string): Environment {
  const found: Record<string, string> = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw notALine(file, index + 1);
    found[name] = value;
  }
  return found;
}

function readableByOthers(file: string): OperationalError {
  return new OperationalError({
    code: "environment-file-open",
    what: `Others can read ${file}`,
    why: "it holds keys, so only you may",
    next: `chmod 600 ${file}`,
  });
}

/** Without the line: it may be a key. */
function notALine(file: string, line: number): OperationalError {
  return new OperationalError({
    code: "environment-file-invalid",
    what: `${file}:${line} is not NAME=value`,
    next: "correct it; lines that begin with # are comments",
  });
}
