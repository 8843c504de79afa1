import { readFileSync } from "node:fs";
import { errnoOf } from "../../std/operational-error.ts";
import { findProgram } from "../process/find-program.ts";
import { runCommand } from "../process/run-command.ts";

/** What an installed bubblewrap and its company can do. */
export interface Bubblewrap {
  readonly program: string;
  readonly version: string;
  /** Made in a user namespace of its own. False for root where there are none: then by root's own rights, given up inside. */
  readonly userNamespace: boolean;
  /** Options of its that not every version has. */
  readonly options: ReadonlySet<string>;
  /** `env` that can undo an ignored signal: with it, a command is asked to end before it is ended. */
  readonly env: string | null;
  readonly prlimit: string | null;
}

export type MissingWhy =
  "platform" | "not-installed" | "user-namespaces-off" | "apparmor" | "too-old" | "does-not-work";

export type FoundSandbox =
  | ({ readonly kind: "bubblewrap" } & Bubblewrap)
  | {
      readonly kind: "none";
      readonly why: MissingWhy;
      /** What the trial said, one line, or null. */
      readonly detail: string | null;
      /** A command that would mend it, or null where there is none. */
      readonly mend: string | null;
    };

const optionalOptions = ["--disable-userns", "--size", "--perms", "--json-status-fd", "--chmod"] as const;
const trialTimeoutMs = 5_000;
const found = new Map<string, Promise<FoundSandbox>>();

/** Looks once in a process's life, by running `true` in a sandbox. Never rejects. */
export function findSandbox(path: string = process.env["PATH"] ?? ""): Promise<FoundSandbox> {
  const known = found.get(path) ?? look(path);
  found.set(path, known);
  return known;
}

async function look(path: string): Promise<FoundSandbox> {
  // What macOS has, sandbox-exec, hides nothing that is not named and makes no network of one's own.
  if (process.platform !== "linux") return { kind: "none", why: "platform", detail: process.platform, mend: null };
  const program = findProgram("bwrap", path, "/");
  if (program === null) return { kind: "none", why: "not-installed", detail: null, mend: installCommand(osRelease()) };
  const [version, help] = await Promise.all([ask(program, "--version"), ask(program, "--help")]);
  const options = new Set<string>(optionalOptions.filter((option) => help.includes(`${option} `)));
  const number = /\d+(\.\d+)+/.exec(version)?.[0] ?? "unknown";
  if (!help.includes("--unshare-all") || !help.includes("--die-with-parent") || !help.includes("--cap-drop"))
    return { kind: "none", why: "too-old", detail: number, mend: installCommand(osRelease()) };
  const inNamespace = await trial(program, true);
  // Root may do without, as in a container that has none.
  const works = inNamespace === null || (process.getuid?.() === 0 && (await trial(program, false)) === null);
  if (!works) return whyNot(inNamespace ?? "");
  return {
    kind: "bubblewrap",
    program,
    version: number,
    userNamespace: inNamespace === null,
    options,
    env: await envProgram(path),
    prlimit: findProgram("prlimit", path, "/"),
  };
}

async function ask(program: string, option: string): Promise<string> {
  const { stdout, stderr } = await runCommand(program, [option], { env: {}, timeoutMs: trialTimeoutMs });
  return `${stdout.toString()}${stderr}`;
}

/** Null when it works, else what it said. */
async function trial(program: string, userNamespace: boolean): Promise<string | null> {
  const own = userNamespace ? ["--unshare-user"] : [];
  const args = ["--unshare-all", ...own, "--die-with-parent", "--cap-drop", "ALL", "--ro-bind", "/", "/"];
  const command = ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--", "/bin/sh", "-c", ":"];
  const result = await runCommand(program, [...args, ...command], { env: {}, timeoutMs: trialTimeoutMs });
  if (result.code === 0) return null;
  return (
    (result.trouble ?? result.stderr.split("\n")[0] ?? "").slice(0, 300) || `exit code ${result.code ?? "unknown"}`
  );
}

async function envProgram(path: string): Promise<string | null> {
  const program = findProgram("env", path, "/");
  if (program === null) return null;
  const { code } = await runCommand(program, ["--default-signal=TERM", "/bin/sh", "-c", ":"], {
    env: {},
    timeoutMs: trialTimeoutMs,
  });
  return code === 0 ? program : null;
}

function whyNot(detail: string): FoundSandbox {
  if (sysctl("kernel/apparmor_restrict_unprivileged_userns") === "1") {
    return {
      kind: "none",
      why: "apparmor",
      detail,
      mend: "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    };
  }
  if (sysctl("kernel/unprivileged_userns_clone") === "0") {
    return { kind: "none", why: "user-namespaces-off", detail, mend: "sudo sysctl kernel.unprivileged_userns_clone=1" };
  }
  if (sysctl("user/max_user_namespaces") === "0") {
    return { kind: "none", why: "user-namespaces-off", detail, mend: "sudo sysctl user.max_user_namespaces=15000" };
  }
  return { kind: "none", why: "does-not-work", detail, mend: null };
}

function sysctl(name: string): string | null {
  return readIfAny(`/proc/sys/${name}`)?.trim() ?? null;
}

function osRelease(): string {
  return readIfAny("/etc/os-release") ?? "";
}

function readIfAny(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (["ENOENT", "EACCES", "EPERM"].includes(errnoOf(error) ?? "")) return null;
    throw error;
  }
}

const installers: readonly (readonly [RegExp, string])[] = [
  [/debian|ubuntu/, "sudo apt install bubblewrap"],
  [/fedora|rhel|centos/, "sudo dnf install bubblewrap"],
  [/suse/, "sudo zypper install bubblewrap"],
  [/arch/, "sudo pacman -S bubblewrap"],
  [/alpine/, "sudo apk add bubblewrap"],
  [/gentoo/, "sudo emerge sys-apps/bubblewrap"],
  [/void/, "sudo xbps-install bubblewrap"],
  [/nixos/, "nix-env -iA nixos.bubblewrap"],
];

/** How bubblewrap is installed on the distribution that this text of /etc/os-release tells of; null for an unknown one. */
export function installCommand(release: string): string | null {
  const names = [...release.matchAll(/^ID(?:_LIKE)?=(.*)$/gm)].map(([, value = ""]) => value.replaceAll(/["']/g, ""));
  const family = names.join(" ").toLowerCase();
  return installers.find(([pattern]) => pattern.test(family))?.[1] ?? null;
}
