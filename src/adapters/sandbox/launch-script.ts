import type { Bubblewrap } from "./find-sandbox.ts";
import { quoted } from "./shell-words.ts";

/** Inside: what could not be started is said on it. Outside: the file that `ending` is told from. */
export const missingName = "missing";
/** Where bubblewrap writes how it went. */
export const statusName = "status";

export interface Limits {
  readonly memoryBytes: number | null;
  readonly fileSizeBytes: number | null;
  readonly maxProcesses: number | null;
}

/**
 * Shell that becomes bubblewrap: its arguments are the command line. SIGTERM does not end bubblewrap, which would take all
 * inside with it at once: the command is asked for itself, and has its grace period. It joins the control groups first.
 */
export function outerScript(folder: string, { options, env }: Bubblewrap, groups: readonly string[]): string {
  const status = options.has("--json-status-fd") ? [`exec 3>${quoted(`${folder}/${statusName}`)}`] : [];
  return [
    ...groups.map((group) => `echo 0 >${quoted(`${group}/cgroup.procs`)} || exit 126`),
    ...status,
    `exec 4>${quoted(`${folder}/${missingName}`)}`,
    ...(env === null ? [] : [`trap "" TERM`]),
    'exec "$@"',
  ].join("\n");
}

/** Shell that becomes the command inside: its arguments are the command line. */
export function innerScript({ env, prlimit }: Bubblewrap, limits: Limits, start: string | null): string {
  const before = [
    ...(start === null ? [] : [start]),
    ...(prlimit === null ? shellLimits(limits) : []),
    'command -v "$1" >/dev/null || { echo program >&4; exit 127; }',
  ];
  const limited = prlimit === null ? [] : [quoted(prlimit), ...prlimitOptions(limits)];
  const asking = env === null ? [] : [quoted(env), "--default-signal=TERM"];
  return [...before, ["exec", ...asking, ...limited, '"$@"', "3>&-", "4>&-"].join(" ")].join("\n");
}

/**
 * Memory is what a process may write to, not its address space: runtimes such as node reserve much more of that than they
 * ever use.
 */
function prlimitOptions({ memoryBytes, fileSizeBytes, maxProcesses }: Limits): string[] {
  return [
    "--core=0",
    ...(memoryBytes === null ? [] : [`--data=${memoryBytes}`]),
    ...(fileSizeBytes === null ? [] : [`--fsize=${fileSizeBytes}`]),
    ...(maxProcesses === null ? [] : [`--nproc=${maxProcesses}`]),
  ];
}

function shellLimits({ memoryBytes, fileSizeBytes }: Limits): string[] {
  return [
    "ulimit -c 0",
    ...(memoryBytes === null ? [] : [`ulimit -d ${Math.floor(memoryBytes / 1024)}`]),
    ...(fileSizeBytes === null ? [] : [`ulimit -f ${Math.floor(fileSizeBytes / 512)}`]),
  ];
}
