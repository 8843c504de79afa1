import { mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { findHome } from "../../api/home.ts";
import { errnoOf, OperationalError } from "../../std/operational-error.ts";
import type { Context, ExitCode } from "../context.ts";
import { launchdPlist, serviceMark, systemdUnit } from "../daemon/launch-files.ts";

interface InstallOptions {
  readonly print?: boolean;
  readonly force?: boolean;
}

interface ServiceFile {
  readonly file: string;
  readonly text: string;
  readonly next: readonly string[];
}

export async function install(
  { program, output }: Context,
  _args: readonly string[],
  options: InstallOptions,
): Promise<ExitCode> {
  const { folder, log } = findHome(process.env);
  const facts = {
    node: process.execPath,
    daemonFile: program.daemonFile,
    home: folder,
    log,
    path: process.env["PATH"] ?? "",
  };
  const service = process.platform === "darwin" ? launchd(launchdPlist(facts)) : systemd(systemdUnit(facts));
  if (options.print === true) {
    output.line(service.text.trimEnd());
    return 0;
  }
  if (options.force !== true) await refuseForeign(service.file);
  await mkdir(dirname(service.file), { recursive: true });
  await writeFile(service.file, service.text);
  output.line(`wrote ${service.file}`);
  for (const line of service.next) output.line(line);
  return 0;
}

function systemd(text: string): ServiceFile {
  const stated = process.env["XDG_CONFIG_HOME"];
  const base = stated !== undefined && isAbsolute(stated) ? stated : join(userHome(), ".config");
  return {
    file: join(base, "systemd", "user", "nightcrew.service"),
    text,
    next: [
      "next: nightcrew daemon stop; systemctl --user daemon-reload && systemctl --user enable --now nightcrew.service",
      "to run while you are logged out, too: loginctl enable-linger",
    ],
  };
}

function launchd(text: string): ServiceFile {
  const file = join(userHome(), "Library", "LaunchAgents", "nightcrew.plist");
  return { file, text, next: [`next: nightcrew daemon stop; launchctl bootstrap gui/$(id -u) '${file}'`] };
}

function userHome(): string {
  return process.env["HOME"] ?? homedir();
}

async function refuseForeign(file: string): Promise<void> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  });
  if (text === null || text.includes(serviceMark)) return;
  throw new OperationalError({
    code: "service-file-foreign",
    what: `There is a file that nightcrew did not write: ${file}`,
    next: "look at it; `nightcrew daemon install --force` writes over it",
  });
}
