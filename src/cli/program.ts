import { Command, InvalidArgumentError, Option } from "commander";
import { collisionModes } from "../domain/collisions/collision-mode.ts";
import { groupings, priorities } from "../domain/plan.ts";
import { conflictPolicies } from "../domain/run.ts";
import type { Context } from "./context.ts";

type Action = (context: Context, args: readonly string[], options: never) => Promise<number>;
/** Adds a command; what it does is only loaded when it is called. */
type Add = (usage: string, description: string, load: () => Promise<Action>) => Command;

/** The whole command line. */
export function makeProgram(context: Context, done: (code: number) => void): Command {
  const program = new Command("nightcrew")
    .description("Hand over your backlog in the evening; come back to tested, merged work and an honest report.")
    .version(context.program.version)
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false });
  const adding =
    (parent: Command): Add =>
    (usage, description, load) =>
      parent
        .command(usage)
        .description(description)
        .action(async (...given: unknown[]) => {
          // Commander gives the arguments, then the options, then the command itself.
          const words = given.slice(0, -2).flat();
          const args = words.filter((word): word is string => typeof word === "string");
          const action = await load();
          // Also those of the command above: it takes options that both have, wherever they stand.
          done(await action(context, args, (given.at(-1) as Command).optsWithGlobals()));
        });
  const add = adding(program);
  addProjectCommands(add, adding);
  addRunCommands(add, adding);
  addQueueCommands(add, adding);
  addControlCommands(add);
  addReadingCommands(add);
  const salvage = program.command("salvage").description("work that a crash left or a cleanup saved");
  addKeepingCommands(add, adding(salvage));
  const daemon = program
    .command("daemon")
    .description("the process that does the work, for all repositories of this home");
  addDaemonCommands(adding(daemon));
  return program;
}

function addProjectCommands(add: Add, adding: (parent: Command) => Add): void {
  add("init", "detect the project, write nightcrew.yaml", async () => (await import("./commands/init.ts")).init)
    .option("--print", "show what would be written, write nothing")
    .option("--force", "write over an existing file")
    .addOption(json());
  const scan = "what the target shows of its project: files, languages, checks, history, variables";
  add("scan", scan, async () => (await import("./commands/scan.ts")).scan)
    .option("-t, --target <branch>", "the branch to look at (default: the target a run would have)", stated)
    .option("-i, --importers-of <file...>", "only who imports these files")
    .option("--steps <count>", "with --importers-of: through so many others (default 1)", count(1, 100))
    .addOption(json());
  const doctor = "look for what would go wrong: git, agents, gate, home";
  add("doctor", doctor, async () => (await import("./commands/doctor.ts")).doctor).addOption(json());
  const alert = "the program of yours that is told what went wrong and what waits for you";
  add("alert", alert, async () => (await import("./commands/alert.ts")).alert)
    .option("--test", "tell it something now")
    .addOption(json());
  const load = async (): Promise<typeof import("./commands/agents.ts")> => import("./commands/agents.ts");
  const agents = add(
    "agents",
    "the agents there are: version, login, price, load",
    async () => (await load()).agents,
  ).addOption(json());
  const probe = "whether they can be used tonight: program, version, flags, sandbox, login; spends nothing";
  adding(agents)("probe [name...]", probe, async () => (await load()).probe).addOption(json());
  const demo = "see it work on a small repository of its own; no model is used";
  add("demo", demo, async () => (await import("./commands/demo.ts")).demo).option(
    "--rm",
    "remove its folder afterwards",
  );
}

const eventLines = "print events and the report as JSON lines";

function addRunCommands(add: Add, adding: (parent: Command) => Add): void {
  const about = "show the plan of a ROADMAP.md, a tasks.txt, a plan.yaml, issues, a request or titles; run nothing";
  const plan = add("plan [source...]", about, async () => (await import("./commands/plan.ts")).plan);
  withSubmission(plan)
    .option("-o, --output <file>", "also write it as a plan file, to be edited and run: plan.yaml, plan.json", planFile)
    .option("--diff", "show what is not as in the last run of the same sources")
    .option("--against <file>", "show what is not as in that plan file", stated)
    .option("--schema", "print the JSON schema of plan files, for editors")
    .addOption(json());
  const edit = "edit the plan in your editor, and look at what came of it";
  adding(plan)("edit <source...>", edit, async () => (await import("./commands/plan-edit.ts")).planEdit).addHelpText(
    "after",
    "\nIt takes the options of plan; -o FILE: where the plan is written down (default: plan.yaml).",
  );
  const run = "do the work: run agents, gate, land, report";
  withSubmission(add("run [source...]", run, async () => (await import("./commands/run.ts")).run))
    .option("-y, --yes", "start without asking")
    .option("-d, --detach", "begin it and leave; it goes on")
    .option("--no-land", "land nothing: what is done waits for nightcrew land")
    .addOption(json(eventLines));
  const load = async (): Promise<typeof import("./commands/queue.ts")> => import("./commands/queue.ts");
  add("land [run]", "land what a run with --no-land has done", async () => (await load()).land)
    .option("--completed", "all that is done")
    .option("--gate <command>", "what it has to pass, instead of the run's gate; `none` lands unchecked", stated)
    .option("-d, --detach", "begin it and leave; it goes on")
    .addOption(json(eventLines));
  add("validate [command]", "run a command on the target as it stands, as a check", async () => (await load()).validate)
    .option("-t, --target <branch>", "of the newest run onto this branch (default: of the newest run)", stated)
    .option("--rollback-on-fail", "take the last landing back where it fails")
    .addOption(json());
  add("promote", "bring staging, where it is known to be good, to the main branch", async () => (await load()).promote)
    .option("--from <branch>", "what to promote (default: the branch of `staging:`)", stated)
    .option("--to <branch>", "what it is promoted to (default: the main branch of `staging:`)", stated)
    .addOption(json());
  add("revert [id]", "take back a landing: of a commit, a task, a run; the last one", async () => (await load()).revert)
    .alias("rollback")
    .addOption(json());
  const reconcile = "take over what was added to the sources of a run since it began";
  add("reconcile [run]", reconcile, async () => (await import("./commands/reconcile.ts")).reconcile)
    .option("--dry-run", "only show it")
    .addOption(json());
  const sync = "set the marks of what landed in your files, where that is left to you (--sync request)";
  add("sync [run]", sync, async () => (await import("./commands/sync.ts")).sync)
    .option("--dry-run", "show the lines that would change, and write nothing")
    .addOption(json());
}

function addQueueCommands(add: Add, adding: (parent: Command) => Add): void {
  const load = async (): Promise<typeof import("./commands/queue.ts")> => import("./commands/queue.ts");
  const queue = add(
    "queue",
    "what is on its way into the target, and what happens next",
    async () => (await load()).queue,
  )
    .option("-w, --watch", "go on showing it until nothing is left")
    .addOption(json());
  adding(queue)("resume", "let a halted queue go on", async () => (await load()).resumeQueue)
    .option("--all", "of all repositories")
    .addOption(json());
}

/** ID is a run, `TASK` of the newest run, or `RUN/TASK`. */
function addControlCommands(add: Add): void {
  const load = async (): Promise<typeof import("./commands/control.ts")> => import("./commands/control.ts");
  const everything = (): Option => new Option("--all", "everything that is not finished");
  add("pause [id]", "freeze a task or a run where it is", async () => (await load()).pause)
    .addOption(everything())
    .addOption(json());
  add("resume [id]", "let a task go on; go on with a run, and show it", async () => (await load()).resume)
    .addOption(everything())
    .option("-d, --detach", "do not show the run")
    .addOption(json(eventLines));
  add("cancel [id]", "end a task or a run; what landed stays", async () => (await load()).cancel)
    .addOption(everything())
    .addOption(json());
  add(
    "stop",
    "stop everything at once, with or without a daemon",
    async () => (await import("./commands/stop.ts")).stop,
  )
    .option("--all", "yes, everything")
    .addOption(json());
  add("retry [id]", "try a failed or cancelled task again, or all of a run's", async () => (await load()).retry)
    .option("--allow <rules>", "rules of the diff policy that do not count for it, with commas")
    .addOption(everything())
    .addOption(json());
  add("prioritize <id> [priority]", `what goes first: ${priorities.join(", ")}`, async () => (await load()).prioritize)
    // With --all the priority is the only word.
    .usage("[options] <id> <priority>")
    .addOption(everything())
    .addOption(json());
  add("approve <task>", "let its agent do what it asks to do", async () => (await load()).approve).addOption(json());
  add("refuse <task>", "do not let it", async () => (await load()).refuse).addOption(json());
  add(
    "answer <task> <text...>",
    "the same in words: yes, or anything else",
    async () => (await load()).answer,
  ).addOption(json());
  add("message <task> [text...]", "say something to whoever works on it", async () => (await load()).message)
    .option("--stdin", "read what is said from the standard input")
    .addOption(json());
  const budget = "what was spent under which caps; change them";
  add("budget [run]", budget, async () => (await import("./commands/budget.ts")).budget)
    .option("--attempt <usd>", "cap on one attempt; none: no cap")
    .option("--task <usd>", "cap on one task")
    .option("--run <usd>", "cap on the run")
    .option("--day <usd>", "cap on what all runs spend in a day")
    .addOption(json());
  add("edit <task>", "change a task that nobody has begun", async () => (await load()).edit)
    .option("--title <text>", "what to do", stated)
    .option("--description <text>", "all there is to say about it")
    .option("--depends-on <ids>", "tasks that must have landed first, with commas; '' for none")
    .option("--agent <name>", "who does it", stated)
    .option("--allow <rules>", "rules of the diff policy that do not count for it, with commas; '' for none")
    .addOption(json());
}

function addReadingCommands(add: Add): void {
  add("status [run]", "what is going on", async () => (await import("./commands/status.ts")).status)
    .option("-w, --watch", "keep showing it until the run ends")
    .addOption(json());
  add("tasks [run]", "the tasks of a run", async () => (await import("./commands/status.ts")).tasks).addOption(json());
  add("runs", "the runs of this home, newest first", async () => (await import("./commands/status.ts")).runs)
    .option("-n, --limit <count>", "at most so many", count(1, 1_000))
    .addOption(json());
  const logs = "what an attempt printed, and its checks: RUN, TASK, TASK-N or RUN/TASK-N";
  add("logs <id>", logs, async () => (await import("./commands/logs.ts")).logs)
    .option("-f, --follow", "go on until it ends")
    .addOption(json());
  add("report [run]", "what landed, what did not and why", async () => (await import("./commands/report.ts")).report)
    .option("--markdown", "print it as Markdown")
    .addOption(json());
}

function addKeepingCommands(add: Add, addUnder: Add): void {
  const salvage = async (): Promise<typeof import("./commands/salvage.ts")> => import("./commands/salvage.ts");
  const keeping = async (): Promise<typeof import("./commands/keeping.ts")> => import("./commands/keeping.ts");
  addUnder("list", "what was salvaged, and what was set aside", async () => (await salvage()).list).addOption(json());
  addUnder(
    "show <id>",
    "what it changes: RUN/TASK/ATTEMPT or what is unique of it",
    async () => (await salvage()).show,
  ).addOption(json());
  addUnder("restore <id>", "make a branch of it; no checkout is touched", async () => (await salvage()).restore)
    .option("-b, --branch <name>", "the branch to make (default: salvage/RUN/TASK-ATTEMPT)", stated)
    .addOption(json());
  addUnder("drop <id>", "remove it", async () => (await salvage()).drop)
    .option("-y, --yes", "yes, remove it")
    .addOption(json());
  add(
    "cleanup",
    "remove what is left of runs long finished, once it is proven or saved",
    async () => (await keeping()).cleanup,
  )
    .option("--dry-run", "show what would be removed, remove nothing")
    .option("--older-than <days>", "finished for so many days (default 7, or AGENT_RUN_RETENTION)", count(0, 36_500))
    .addOption(json());
  add("export [run]", "write what a run left as files", async () => (await keeping()).exportRun)
    .option("--to <folder>", "where (default: docs/status/runs/RUN in the run's checkout)", stated)
    .addOption(json());
  add("locks", "who holds the home, workspaces, jobs and leases", async () => (await keeping()).locks).addOption(
    json(),
  );
  const lease = "run a command while nobody else has the lease of that name: NAME -- COMMAND";
  add("lease <name> [command...]", lease, async () => (await import("./commands/lease.ts")).lease).option(
    "--wait <seconds>",
    "wait so long for who has it (default 60, or AGENT_LOCK_TIMEOUT)",
    count(0, 86_400),
  );
}

function addDaemonCommands(addUnder: Add): void {
  const load = async (): Promise<typeof import("./commands/daemon.ts")> => import("./commands/daemon.ts");
  addUnder("start", "start it; other commands do so by themselves", async () => (await load()).start)
    .option("--listen <address>", "also listen on 127.0.0.1:PORT, for whoever has the token")
    .addOption(json());
  addUnder("stop", "stop it; runners and agents go on", async () => (await load()).stop).addOption(json());
  addUnder("status", "whether it runs; starts nothing", async () => (await load()).status).addOption(json());
  addUnder("logs", "what it logged", async () => (await load()).logs).option("-f, --follow", "go on until Ctrl-C");
  addUnder("install", "have systemd or launchd start it", async () => (await load()).install)
    .option("--print", "show what would be written, write nothing")
    .option("--force", "write over a file of somebody else");
}

function withSubmission(command: Command): Command {
  return command
    .option("-t, --target <branch>", "branch to land on (default: the one checked out)", stated)
    .option("--agent <name>", "agent of tasks that name none", stated)
    .option("-w, --workers <count>", "agents at once (default 4)", count(1, 64))
    .option("--gate <command>", "what must pass on the merged tree; `none` lands unchecked", stated)
    .option(
      "--validate <command>",
      "what the target must pass after each landing; what breaks it is taken back",
      stated,
    )
    .addOption(
      new Option(
        "--on-conflict <policy>",
        "what becomes of a change that conflicts with what landed meanwhile",
      ).choices([...conflictPolicies]),
    )
    .addOption(
      new Option("--collisions <mode>", "of tasks that may change the same files: what keeps them apart").choices([
        ...collisionModes,
      ]),
    )
    .addOption(
      new Option("--group <by>", "small tasks that one agent does together (default off)").choices([...groupings]),
    )
    .option(
      "--remote <name>",
      "push what lands to this remote; `none`: nowhere (default: `remote:` of nightcrew.yaml)",
      stated,
    )
    .option("--stdin", "read a request from standard input")
    .option("--as-tasks", "take words as titles of tasks; ask no model to plan")
    .option("--normalise", "have a model read what of a roadmap was not understood")
    .option("--model <name>", "the model that is asked for a plan", stated)
    .option("--max-tasks <count>", "most tasks that it may make (default 30)", count(1, 200))
    .option("--next <count>", "issues of a tracker that is named without any (default 2)", count(1, 1_000))
    .option("--all", "all of its open issues")
    .option("--label <name>", "only those with this label; may be given again", several)
    .option("--allow-unsandboxed", "run agents without a sandbox where none can be had")
    .addOption(
      new Option(
        "--sync <when>",
        "when marks are set in roadmaps (default: boxes with the landing, others on request)",
      ).choices(["landing", "request", "none"]),
    );
}

function json(description = "print the answer as JSON"): Option {
  return new Option("--json", description);
}

/** An empty word says nothing: a variable of a script that is not set, mostly. */
function stated(text: string): string {
  if (text.trim() !== "") return text;
  throw new InvalidArgumentError("It must not be empty.");
}

/** By its name it is known again as one. */
function planFile(text: string): string {
  if (/\.(ya?ml|json)$/i.test(text)) return text;
  throw new InvalidArgumentError("It must end with .yaml, .yml or .json.");
}

function several(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, stated(text)];
}

function count(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}
