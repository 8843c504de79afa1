import { detectSetup } from "../../adapters/config/detect-setup.ts";
import { openRoot } from "../../adapters/config/root-files.ts";
import type { Config } from "../../adapters/config/schema.ts";
import { Git, isolated } from "../../adapters/git/git.ts";
import { keptFolder, readSet } from "../../adapters/setup/kept-sets.ts";
import { keyFiles, setKey, type Surroundings } from "../../adapters/setup/set-key.ts";
import { keepsFolder, type Setup } from "../../domain/setup.ts";
import { OperationalError } from "../../std/operational-error.ts";

const defaultTimeoutMs = 15 * 60_000;
const defaultLimits = { sets: 8, bytes: 20 * 1024 ** 3 };
/** Also behind a key that a person has named: where folders of packages are kept, these decide with it. */
const nodeManifest = "package.json";

/** What the configuration says is to be installed beforehand; undefined: nothing. */
export async function chooseSetup({ setup }: Config, checkout: string): Promise<Setup | undefined> {
  if (setup === undefined) return undefined;
  const detected = await detectSetup(await openRoot(checkout, () => true));
  const key = setup.key ?? detected.key;
  const keep = setup.keep ?? detected.keep;
  if (key.length === 0) throw unclear("key", "no lock file was found in the root of the repository");
  if (keep.length === 0) throw unclear("keep", "nothing in the root of the repository tells which folders it makes");
  return {
    run: setup.run,
    key: keepsFolder({ keep }, "node_modules") && !key.includes(nodeManifest) ? [...key, nodeManifest] : key,
    keep,
    timeoutMs: setup.timeout ?? defaultTimeoutMs,
    limits: {
      sets: setup.limits.sets ?? defaultLimits.sets,
      bytes: setup.limits.bytes ?? defaultLimits.bytes,
    },
  };
}

function unclear(field: string, why: string): OperationalError {
  return new OperationalError({
    code: "unclear-setup",
    what: `\`setup:\` needs \`${field}:\``,
    why,
    next: `name them in nightcrew.yaml: setup: ${field}: […]`,
  });
}

export interface SetupPlace extends Surroundings {
  readonly commonDir: string;
  /** Where the repository's workspaces are. */
  readonly slots: string;
  readonly target: string;
}

/** Whether what a run would begin with is there already; for people. */
export async function setupText(setup: Setup, { commonDir, slots, target, ...around }: SetupPlace): Promise<string> {
  const git = new Git({ gitDir: commonDir, env: isolated });
  const key = setKey(setup, await keyFiles(git, `refs/heads/${target}`, setup), around);
  const set = await readSet(keptFolder(slots), key);
  if (set === null) return `${setup.run} (not kept yet: it is run once, before the first agent)`;
  return `${setup.run} (kept: ${set.folders.join(", ") || "no folder"})`;
}
