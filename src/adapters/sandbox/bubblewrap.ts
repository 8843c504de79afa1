import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { constants, release } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findProgram } from "../process/find-program.ts";
import { startTimeOf } from "../process/process-table.ts";
import type { Ending } from "../../domain/judge-attempt.ts";
import { makeControlGroup } from "./control-group.ts";
import type { Lookup } from "./connect.ts";
import type { Bubblewrap } from "./find-sandbox.ts";
import { hostSockets } from "./host-sockets.ts";
import { innerScript, missingName, outerScript, statusName } from "./launch-script.ts";
import { isWithin, mountPlan, type Mount } from "./mount-plan.ts";
import { networkFolder, openNetwork, type OpenNetwork } from "./open-network.ts";
import { makePrivateHome } from "./private-home.ts";
import { removeTree } from "../files/remove-tree.ts";
import { asItIs, type Sandbox, type SandboxPolicy, type Wrapped } from "./sandbox.ts";

export interface BubblewrapOptions {
  /** How names are looked up; for tests. */
  readonly lookup?: Lookup;
  /** Program of the bridge to the network inside; null: node. For tests. */
  readonly perl?: string | null;
}

/**
 * Commands in namespaces of their own, by the program `bwrap`: no process, socket or network of the host is in them, the file
 * system is read-only but for what the policy names, and when the command, its supervisor or bubblewrap ends, the kernel ends
 * all that is left inside.
 */
export function bubblewrapSandbox(found: Bubblewrap, options: BubblewrapOptions = {}): Sandbox {
  return {
    name: "bubblewrap",
    async wrap(argv, env, policy) {
      // What cannot be found is told by the start that fails, not from within.
      if (findProgram(argv[0] ?? "", env["PATH"] ?? "", policy.workspace) === null) return asItIs(argv, env);
      mkdirSync(policy.folder, { recursive: true, mode: 0o700 });
      const folder = realpathSync(mkdtempSync(join(policy.folder, "sandbox-")));
      try {
        return await wrapIn({ folder, found, options }, { argv, env, policy });
      } catch (error) {
        await removeTree(folder);
        throw error;
      }
    },
  };
}

interface Place {
  /** Of this one command: its private HOME, its sockets, how it went. */
  readonly folder: string;
  readonly found: Bubblewrap;
  readonly options: BubblewrapOptions;
}

interface Wish {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly policy: SandboxPolicy;
}

async function wrapIn({ folder, found, options }: Place, { argv, env, policy }: Wish): Promise<Wrapped> {
  const home = policy.home.keptIn === null ? join(folder, "home") : realpathSync(policy.home.keptIn);
  makePrivateHome(home, policy.home);
  writeFileSync(join(folder, "blank"), "", { mode: 0o444 });
  const network =
    policy.network.kind === "hosts"
      ? await openNetwork({ folder: join(folder, "network"), policy: policy.network, ...options })
      : null;
  const limits = { ...policy, maxProcesses: countsOwnProcesses(found) ? policy.maxProcesses : null };
  // Joining one takes as long as all the rest of a sandbox: only root, whose processes are counted by nothing else, does it.
  const group = makeControlGroup(folder, process.getuid?.() === 0 ? policy : noLimits);
  const command = [
    found.program,
    ...namespaces(found, policy),
    ...mountOptions(found, { folder, home, policy, network }),
    "--chdir",
    realpathSync(policy.workspace),
    "--",
    "/bin/sh",
    "-c",
    innerScript(found, limits, network?.start ?? null),
    "sh",
    ...argv,
  ];
  return {
    argv: ["/bin/sh", "-c", outerScript(folder, found, group.folders), "sh", ...command],
    env: { ...environmentInside(env), ...network?.env },
    refusals: () => network?.refusals() ?? [],
    limitsReached: () => group.limitsReached(),
    ending: (ending) => endingInside(ending, folder, { argv, found }),
    async close() {
      await emptied(folder);
      network?.close();
      await group.close();
      await removeTree(folder);
    },
  };
}

function namespaces({ userNamespace, options }: Bubblewrap, { network }: SandboxPolicy): string[] {
  return [
    "--unshare-all",
    ...(userNamespace ? ["--unshare-user"] : []),
    // Before 0.8.0 there can be namespaces within the namespace: its mounts stay locked all the same.
    ...(userNamespace && options.has("--disable-userns") ? ["--disable-userns"] : []),
    ...(network.kind === "host" ? ["--share-net"] : []),
    ...(options.has("--json-status-fd") ? ["--json-status-fd", "3"] : []),
    "--die-with-parent",
    "--new-session",
    "--cap-drop",
    "ALL",
  ];
}

const noLimits = { memoryBytes: null, maxProcesses: null };

interface Places {
  readonly folder: string;
  readonly home: string;
  readonly policy: SandboxPolicy;
  readonly network: OpenNetwork | null;
}

/** In memory, private, of bounded size. */
const scratch: readonly string[] = ["/tmp", "/var/tmp", "/run", "/dev/shm"];
const scratchBytes = 2 * 1024 ** 3;

/** Written to, these change the machine, and root may write to them without any capability. */
const machineFiles: readonly string[] = ["sys", "sysrq-trigger", "irq", "bus", "mtrr", "acpi"].map(
  (name) => `/proc/${name}`,
);

/** Of /run, what programs are found by on some distributions. */
const neededOfRun: readonly string[] = ["/run/current-system", "/run/opengl-driver"];

function mountOptions({ options }: Bubblewrap, { policy, network, folder, home }: Places): string[] {
  const size = options.has("--size") ? ["--size", String(scratchBytes)] : [];
  const mounts = mountPlan({
    scratch,
    hidden: [...policy.hidden, policy.folder, ...hostSockets()].filter((path) => !isMadeAnew(path)),
    readable: [
      ...policy.readable,
      ...neededOfRun,
      ...(policy.network.kind === "host" ? ["/etc/resolv.conf"] : []),
      ...(network === null ? [] : [network.program]),
    ],
    writable: [policy.workspace, ...policy.writable, ...(policy.agentGit === null ? [] : [policy.agentGit])],
    readOnly: policy.readOnly.map((path) => join(policy.workspace, path)),
    shown: policy.shown,
    emptied: policy.scratch,
    replaced: { at: policy.home.path, from: home },
  });
  const closed = mounts.filter((mount) => mount.kind === "empty" && !mount.writable);
  return [
    "--ro-bind",
    "/",
    "/",
    "--proc",
    "/proc",
    ...machineFiles.flatMap((path) => ["--ro-bind-try", path, path]),
    "--dev",
    "/dev",
    ...mounts.flatMap((mount) => mountOption(mount, size, join(folder, "blank"))),
    ...(network === null ? [] : ["--ro-bind", network.folder, networkFolder]),
    // Closed at last: mount points are made in them.
    ...["/dev", ...closed.map(({ at }) => at)].flatMap((at) => ["--remount-ro", at]),
  ];
}

/** Nothing of the host is in these. */
function isMadeAnew(path: string): boolean {
  return ["/dev", "/proc"].some((folder) => isWithin(path, folder));
}

function mountOption(mount: Mount, size: readonly string[], blank: string): string[] {
  switch (mount.kind) {
    case "empty":
      return [...(mount.writable ? size : []), "--tmpfs", mount.at];
    case "blank":
      return ["--ro-bind", blank, mount.at];
    case "bind":
      return [mount.writable ? "--bind" : "--ro-bind", mount.from, mount.at];
    case "symlink":
      return ["--symlink", mount.to, mount.at];
  }
}

/** They name sockets that are not seen inside, or folders that are others there. */
const notInside: readonly string[] = [
  "XDG_RUNTIME_DIR",
  "DBUS_SESSION_BUS_ADDRESS",
  "SSH_AUTH_SOCK",
  "DOCKER_HOST",
  "WAYLAND_DISPLAY",
];

function environmentInside(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const left = Object.entries(env).filter(([name]) => !notInside.includes(name));
  return { ...Object.fromEntries(left), TMPDIR: "/tmp" };
}

/**
 * Whether the kernel counts the processes of a namespace for themselves, as it does from 5.14 on, not with all others of the
 * user. Root's are never counted: only a control group bounds them.
 */
function countsOwnProcesses({ userNamespace }: Bubblewrap): boolean {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  return userNamespace && (major > 5 || (major === 5 && minor >= 14));
}

const firstSignalCode = 128;

/** By the custom of shells, bubblewrap ends with 128 and the number of the signal that ended the command. */
function endingInside(
  ending: Ending,
  folder: string,
  { argv, found }: { argv: readonly string[]; found: Bubblewrap },
): Ending {
  if (ending.kind !== "code") return ending;
  const missing = readFileSync(join(folder, missingName), { encoding: "utf8", flag: "a+" }).trim();
  if (missing === "program") return notStarted(`${argv[0] ?? ""} is not seen inside of its sandbox`);
  if (missing === "bridge") return notStarted("the network of its sandbox could not be started");
  if (found.options.has("--json-status-fd")) {
    const status = readFileSync(join(folder, statusName), { encoding: "utf8", flag: "a+" });
    if (!status.includes('"exit-code"')) return notStarted("its sandbox could not be made: see its log");
  }
  const signal = signalOf(ending.code);
  return signal === null ? ending : { kind: "signal", signal };
}

/** How long the kernel may take to end what was left inside. */
const emptiedWithinMs = 1_000;
const emptiedPauseMs = 2;

/**
 * Bubblewrap is over as soon as its command is. The first process of the namespace is ended by that, and is gone only when
 * everything inside is: until then a server that was left behind may still write to the workspace.
 */
async function emptied(folder: string): Promise<void> {
  const status = readFileSync(join(folder, statusName), { encoding: "utf8", flag: "a+" });
  const first = /"child-pid": *(\d+)/.exec(status)?.[1];
  if (first === undefined) return;
  const deadline = performance.now() + emptiedWithinMs;
  while (startTimeOf(Number(first)) !== null && performance.now() < deadline) await delay(emptiedPauseMs);
}

function notStarted(detail: string): Ending {
  return { kind: "not-started", detail };
}

function signalOf(code: number): string | null {
  const names = Object.entries(constants.signals).filter(([, number]) => number === code - firstSignalCode);
  return names[0]?.[0] ?? null;
}
