import { mkdirSync } from "node:fs";
import type { SandboxRules } from "../../domain/run.ts";
import { bubblewrapSandbox } from "./bubblewrap.ts";
import { commandPlaces, toolPlaces } from "./command-places.ts";
import { findSandbox } from "./find-sandbox.ts";
import { noSandbox, type Sandbox, type SandboxPolicy } from "./sandbox.ts";
import { knownSecretPlaces } from "./secret-places.ts";

const gibibyte = 1024 ** 3;
/** Enough for any build; what takes more has gone wild. */
const limits = { memoryBytes: 8 * gibibyte, fileSizeBytes: 8 * gibibyte, maxProcesses: 4_096 };

/** Throws where the run is to be sandboxed and that is not possible any more: nothing runs outside instead. */
export async function sandboxOf({ name }: SandboxRules, path: string): Promise<Sandbox> {
  if (name === "none") return noSandbox;
  const found = await findSandbox(path);
  if (found.kind === "none") throw new Error(`the sandbox is gone: ${found.detail ?? found.why}`);
  return bubblewrapSandbox(found);
}

export interface Inmate {
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly rules: SandboxRules;
  /** Besides those of the rules. */
  readonly hosts: readonly string[];
  readonly writable: readonly string[];
  readonly readable: readonly string[];
  /** Kept folders, seen in its work tree. */
  readonly kept?: Pick<SandboxPolicy, "shown" | "scratch">;
  /** Files relative to HOME that it needs to be somebody. */
  readonly credentials: readonly string[];
  /** The private HOME is kept here, for a session to be gone on with; null: it goes with the command. */
  readonly keptHome: string | null;
}

export interface InmatePlace {
  /** For what the sandbox itself needs. */
  readonly folder: string;
  /** NIGHTCREW_HOME. */
  readonly crewHome: string;
  readonly tree: string;
  /** Null: it has no repository of its own. */
  readonly agentGit: string | null;
  /** Object folders that its repository borrows from. */
  readonly objects: readonly string[];
}

const rootHome = "/root";

/** What a command of a job may see, write and reach: its work tree, what it is made of, and what it was given. */
export function inmatePolicy(place: InmatePlace, inmate: Inmate): SandboxPolicy {
  const { env, rules, command } = inmate;
  const home = env["HOME"] ?? "/nonexistent";
  const { crewHome } = place;
  const hidden = [crewHome, ...knownSecretPlaces(home), ...knownSecretPlaces(rootHome)];
  // What a program is made of may lie in a home, its user's or root's; secrets in it stay closed.
  const secret = hidden.filter((folder) => folder !== rootHome);
  const made = commandPlaces({ command, env, cwd: place.tree, hidden: [home, rootHome, crewHome], secret });
  const allow = [...rules.hosts, ...inmate.hosts];
  if (inmate.keptHome !== null) mkdirSync(inmate.keptHome, { recursive: true, mode: 0o700 });
  return {
    folder: place.folder,
    workspace: place.tree,
    writable: inmate.writable,
    readable: [
      ...made,
      ...toolPlaces(home, env["PATH"] ?? ""),
      ...rules.readable,
      ...inmate.readable,
      ...place.objects,
    ],
    shown: inmate.kept?.shown ?? [],
    scratch: inmate.kept?.scratch ?? [],
    readOnly: [".git"],
    agentGit: place.agentGit,
    home: { path: home, credentials: inmate.credentials, keptIn: inmate.keptHome },
    hidden,
    network:
      allow.length === 0
        ? { kind: "none" }
        : {
            kind: "hosts",
            allow,
            allowedIn: "`hosts:` of the agent, or `sandbox: hosts:`, in nightcrew.yaml",
            environment: env,
          },
    ...limits,
  };
}
