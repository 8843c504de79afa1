import { shellCommands } from "../../domain/shell-words.ts";
import { detectDotnet } from "./detect-dotnet.ts";
import { detectGo, detectMake, detectRust } from "./detect-build-tools.ts";
import { detectJvm } from "./detect-jvm.ts";
import { detectNode, installName } from "./detect-node.ts";
import { detectPhp } from "./detect-php.ts";
import { detectPython } from "./detect-python.ts";
import { detectRuby } from "./detect-ruby.ts";
import { namesIn, openRoot, type RootFiles } from "./root-files.ts";

export interface DetectedCheck {
  name: string;
  /** A line for `sh -c`, in the repository's root. */
  run: string;
  kind: "test" | "command";
  /** Where its tests are told, for runners that print no counts. */
  junit?: string;
  /** Left out, with a note, where its program is not installed: others of the project's checks do without. */
  optional?: true;
  /** What in the repository spoke for it. */
  source: string;
}

export interface DetectedGate {
  /** In the order to run them. */
  checks: DetectedCheck[];
  notes: string[];
}

/** Whether a program is on the PATH that the checks will have. */
export type IsInstalled = (program: string) => boolean;

/**
 * The checks that a repository's own files suggest: what a script, a configuration or a dependency says that the project has.
 * Reads files of the root and of folders that tests usually are in, bounded; runs nothing. Rejects only when the root cannot
 * be listed.
 */
export async function detectGate(root: string, isInstalled: IsInstalled = () => true): Promise<DetectedGate> {
  return await detectGateIn(await openRoot(root, isInstalled));
}

/** The same, wherever the files are. */
export async function detectGateIn(files: RootFiles): Promise<DetectedGate> {
  const found: DetectedCheck[] = [];
  for (const detect of detectors) found.push(...(await detect(files)));
  // A Makefile mostly calls what was found already.
  if (!found.some(({ name, kind }) => kind === "test" || name.endsWith("test")))
    found.push(...(await detectMake(files)));
  const checks = found.filter((check) => check.optional !== true || isThere(check, files));
  const judges = checks.some(({ name }) => name !== installName);
  if (!judges) await noteOther(files, checks);
  return { checks: judges ? checks : [], notes: [...files.notes] };
}

const manifests =
  /^(?:package\.json|pyproject\.toml|go\.mod|Cargo\.toml|pom\.xml|build\.gradle(?:\.kts)?|Gemfile|composer\.json|.*\.sln)$/;
const maxFolders = 100;
const maxNamed = 5;

/** Why there is no gate: what installs judges nothing, and what is deeper is not looked at. */
async function noteOther(files: RootFiles, installs: readonly DetectedCheck[]): Promise<void> {
  for (const { run } of installs) files.notes.push(`\`${run}\` alone judges nothing: it is no gate.`);
  const found: string[] = [];
  const folders = [...files.names]
    .filter((name) => !name.startsWith(".") && name !== "node_modules")
    .slice(0, maxFolders);
  for (const folder of folders)
    found.push(
      ...(await namesIn(files, folder)).filter((name) => manifests.test(name)).map((name) => `${folder}/${name}`),
    );
  if (found.length === 0) return;
  const more = found.length > maxNamed ? ` and ${found.length - maxNamed} more` : "";
  const named = found.slice(0, maxNamed).join(", ");
  files.notes.push(`${named}${more}: only the root is looked at; a check may begin with \`cd FOLDER &&\`.`);
}

const detectors = [detectNode, detectPython, detectGo, detectRust, detectJvm, detectDotnet, detectRuby, detectPhp];

function isThere({ run, source }: DetectedCheck, { isInstalled, notes }: RootFiles): boolean {
  const [program = "", subcommand] = shellCommands(run)[0]?.words ?? [];
  // Cargo finds its own commands as programs of that name.
  const needed = program === "cargo" ? `cargo-${subcommand}` : program;
  if (isInstalled(needed)) return true;
  notes.push(`${source} speaks for \`${run}\`, but ${needed} is not installed: no check was added for it.`);
  return false;
}
