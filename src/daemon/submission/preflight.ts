import { join } from "node:path";
import { Git } from "../../adapters/git/git.ts";
import type { FoundRepository } from "../../adapters/git/open-repository.ts";
import type { ObjectServer } from "../../adapters/git/object-server.ts";
import { branchRef } from "../../adapters/git/target.ts";
import { readIfThere } from "../../adapters/files/read-if-there.ts";
import { findProgram } from "../../adapters/process/find-program.ts";
import type { Config } from "../../adapters/config/schema.ts";
import type { Agent } from "../../domain/agent.ts";
import type { Check } from "../../domain/verdict.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { nearest } from "../../std/text.ts";

/** What must hold before anything is started. Each check throws one error with the way out. */

export interface FoundTarget {
  readonly target: string;
  /** What the target's tree holds that a workspace leaves alone. */
  readonly hasSubmodules: boolean;
  readonly hasAttributes: boolean;
  /** It is not there yet, and is to be made from this commit of that branch. */
  readonly makes: { readonly from: string; readonly commit: string } | null;
}

/** The commit that a run begins on. */
export function commitOf({ target, makes }: FoundTarget): string {
  return makes?.commit ?? branchRef(target);
}

export async function findTarget(
  repository: FoundRepository,
  objects: ObjectServer,
  asked: string | undefined,
  /** What the target is made from where it is missing. */
  origin: string | null = null,
): Promise<FoundTarget> {
  const git = new Git({ cwd: repository.checkout });
  const target = asked ?? repository.branch;
  if (target === null) {
    throw new OperationalError({
      code: "detached-head",
      what: "HEAD is detached, so there is no branch to land on",
      next: "name one: --target BRANCH",
    });
  }
  const makes = origin === null ? null : await madeFrom(objects, target, origin);
  const ref = branchRef(makes?.from ?? target);
  const clashing = prefixesOf(`nightcrew/${target}`).map(branchRef);
  const [submodules, attributes] = [`${ref}:.gitmodules`, `${ref}:.gitattributes`];
  const found = await objects.whichExist([`${ref}^{commit}`, submodules, attributes, ...clashing]);
  if (!found.has(`${ref}^{commit}`)) throw await unknownTarget(git, target);
  const clash = clashing.find((name) => found.has(name));
  if ((await readIfThere(join(repository.place.commonDir, branchRef(target))))?.startsWith("ref:") === true)
    throw symbolicTarget(target);
  if (clash !== undefined) throw nameClash(clash.replace(/^refs\/heads\//, ""));
  return { target, hasSubmodules: found.has(submodules), hasAttributes: found.has(attributes), makes };
}

/** Null where it is there, or what it would be made from is not: then that is what is missing. */
async function madeFrom(objects: ObjectServer, target: string, from: string): Promise<FoundTarget["makes"]> {
  const [there, commit] = await objects.commits([branchRef(target), branchRef(from)]);
  return there != null || commit == null ? null : { from, commit };
}

async function unknownTarget(git: Git, target: string): Promise<OperationalError> {
  const branches = (await git.text(["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"])).split("\n");
  const near = nearest(target, branches);
  return new OperationalError({
    code: "unknown-target",
    what: `There is no branch ${target}`,
    ...(near.length > 0 ? { why: `there is: ${near.join(", ")}` } : {}),
    next: `make it: git branch ${target}`,
  });
}

/** Moving it would move the branch it stands for, wherever that one is checked out. */
function symbolicTarget(target: string): OperationalError {
  return new OperationalError({
    code: "symbolic-target",
    what: `${target} is not a branch of its own: it stands for another one`,
    next: `name that one: git symbolic-ref refs/heads/${target}`,
  });
}

/** `a/b/c` → `a`, `a/b`: each would be a file where git needs a folder. */
function prefixesOf(name: string): string[] {
  const parts = name.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

function nameClash(name: string): OperationalError {
  return new OperationalError({
    code: "branch-name-clash",
    what: `There is a branch named ${name}`,
    why: "git cannot keep it and nightcrew's own branches (nightcrew/…) side by side",
    next: `rename it: git branch -m ${name} ${name}-old`,
  });
}

export function defaultAgentOf(agents: readonly Agent[], asked: string | undefined, config: Config): string {
  // Agents that were found, not configured, are in the order in which they are preferred.
  const found = Object.keys(config.agents).length === 0;
  const wanted = asked ?? config.agent ?? (agents.length === 1 || found ? agents[0]?.name : undefined);
  if (agents.length === 0) {
    throw new OperationalError({
      code: "no-agent",
      what: "No agent is configured, none is on the PATH, and no key for the built-in one is set",
      next: "name your agent under `agents:` in nightcrew.yaml; nightcrew init writes one with an example",
    });
  }
  if (wanted === undefined) {
    throw new OperationalError({
      code: "which-agent",
      what: `Several agents are configured: ${agents.map(({ name }) => name).join(", ")}`,
      next: "choose one: --agent NAME, or `agent: NAME` in nightcrew.yaml",
    });
  }
  return wanted;
}

/** Where programs are looked for: as they will be when they are started. */
export interface Programs {
  readonly checkout: string;
  /** `PATH` of the terminal the run is submitted from. */
  readonly path: string;
}

export async function refuseUnknownAgents(
  agents: readonly Agent[],
  used: ReadonlySet<string>,
  { path, checkout }: Programs,
): Promise<void> {
  for (const name of used) {
    const agent = agents.find((candidate) => candidate.name === name);
    if (agent === undefined) throw unknownAgent(name, agents);
    const [program] = agent.command;
    // The built-in one is part of us.
    if (program === undefined || findProgram(program, path, checkout) !== null) continue;
    throw new OperationalError({
      code: "command-not-found",
      what: `The command of agent ${name} was not found: ${program}`,
      why: program.includes("/") ? "there is no executable file of that name" : "it is not on the PATH",
      next: "install it, or correct `command:` in nightcrew.yaml",
    });
  }
}

function unknownAgent(name: string, agents: readonly Agent[]): OperationalError {
  const names = agents.map((agent) => agent.name);
  const near = nearest(name, names);
  return new OperationalError({
    code: "unknown-agent",
    what: `There is no agent ${name}`,
    why: near.length > 0 ? `did you mean ${near.join(" or ")}?` : `configured: ${names.join(", ")}`,
    next: "name one of them, or add it under `agents:` in nightcrew.yaml",
  });
}

const shellWords = new Set(
  "if for while until case { ( ! : . [ alias bg cd command echo eval exec exit export false printf pwd read set shift test time times trap true type ulimit umask unset wait".split(
    " ",
  ),
);

/** A gate whose command is not there would block every change: said before anything starts, where it can be told. */
export async function refuseMissingChecks(checks: readonly Check[], programs: Programs): Promise<void> {
  for (const check of checks) {
    if (check.verifier !== undefined) continue;
    const program = missingProgram(check.run, programs);
    if (program === null) continue;
    throw new OperationalError({
      code: "gate-not-found",
      what: `The command of check “${check.name}” was not found: ${program}`,
      why: `check: ${check.run}`,
      next: "correct the gate: --gate CMD, or `gate:` in nightcrew.yaml",
    });
  }
}

/** A tool that is not there only leaves its lock file in conflict: it is said, and keeps nothing from starting. */
export function missingTools(rules: Config["lockFiles"], programs: Programs): string[] {
  return rules.flatMap(({ path, run }) => {
    const program = missingProgram(run, programs);
    return program === null ? [] : [`${path} cannot be made anew: ${program} was not found`];
  });
}

/** Null where it is there, or only a shell could tell. */
function missingProgram(run: string, { checkout, path }: Programs): string | null {
  const program = plainProgram(run);
  if (program === null || shellWords.has(program)) return null;
  return findProgram(program, path, checkout) === null ? program : null;
}

/** The first word of a command line behind its assignments, where it is plain; null where only a shell could tell. */
function plainProgram(line: string): string | null {
  const word = line
    .trim()
    .split(/\s+/)
    .find((part) => !/^[A-Za-z_][A-Za-z0-9_]*=[^\s'"$`\\]*$/.test(part));
  return word !== undefined && /^[A-Za-z0-9_./+:@%-]+$/.test(word) ? word : null;
}
