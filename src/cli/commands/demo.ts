import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findHome } from "../../api/home.ts";
import { clientOf, type Context, type ExitCode } from "../context.ts";
import { stopDaemon } from "../daemon/start-daemon.ts";
import { git, makeDemoProject } from "../demo/project.ts";
import { leftCode } from "../leave.ts";
import { run } from "./run.ts";

interface DemoOptions {
  readonly rm?: boolean;
}

const intro = `This makes a small real repository and has its roadmap done by scripted
agents: real processes that edit real files. NO MODEL IS USED.
Of the eight tasks

  one fails its test at first, reads what failed, and is mended
    (Add truncate)
  two change the same line at once: the second starts over
    (List … in the index comment)
  one says it is done and has written nothing: it never lands
    (Translate the README)
  one needs that one, so it is not begun
    (Announce the translation)
`;

/** What the script above must come to; anything else is a failure of the demo. */
const expectedLandings = 6;

/** With its own home goes its own daemon: it ends here, and what was left with Ctrl-C does not go on. */
async function runAndStop(context: Context): Promise<ExitCode> {
  const home = findHome(process.env);
  const leave = (id: string): Promise<unknown> =>
    clientOf(context).call("control", { id, command: { type: "cancel" } });
  try {
    return await run(context, ["ROADMAP.md"], { yes: true, allowUnsandboxed: true, leave });
  } finally {
    await stopDaemon(home, context.program.daemonFile);
  }
}

export async function demo(context: Context, _args: readonly string[], options: DemoOptions): Promise<ExitCode> {
  const { output } = context;
  const folder = mkdtempSync(join(tmpdir(), "nightcrew-demo-"));
  try {
    const { repository, home } = makeDemoProject(folder);
    output.line(intro);
    // Its own home: the demo leaves nothing among the user's runs.
    process.env["NIGHTCREW_HOME"] = home;
    const code = await runAndStop({ ...context, cwd: repository });
    if (code === leftCode) return code;
    output.line("");
    output.line(output.style.bold("git log --graph --oneline"));
    output.line(
      git(repository, "log", "--graph", "--oneline", output.interactive ? "--color=always" : "--color=never").trimEnd(),
    );
    const landed = git(repository, "log", "--first-parent", "--merges", "--format=%H").trim().split("\n").length;
    output.line("");
    if (options.rm !== true) {
      output.line(`The repository is kept: ${repository}`);
      output.line(`  remove it: rm -r ${folder}`);
      output.line(`  ask about its run: export NIGHTCREW_HOME=${home}`);
    }
    return landed === expectedLandings ? 0 : 1;
  } finally {
    if (options.rm === true) rmSync(folder, { recursive: true, force: true });
  }
}
