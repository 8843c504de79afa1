import { setTimeout as delay } from "node:timers/promises";
import type { PromoteView, QueueView, RevertView, ValidateView } from "../../api/queue-views.ts";
import { isSetting, pick } from "../../domain/environment.ts";
import { exitCodeOf, type Report } from "../../domain/report.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { lastLines, printable } from "../../std/text.ts";
import { fit } from "../../std/text.ts";
import { askDaemon, clientOf, type Context, type ExitCode, type JsonOption } from "../context.ts";
import { queueLines } from "../output/queue-text.ts";
import type { Output } from "../output/terminal.ts";
import { followToEnd } from "./run.ts";

interface QueueOptions extends JsonOption {
  readonly watch?: boolean;
}

/** Often enough to be followed by eye. */
const lookAgainMs = 500;

/** Shows the queues; with `--watch` until nothing is left in them, again whenever something has changed. */
export async function queue(context: Context, _args: readonly string[], options: QueueOptions): Promise<ExitCode> {
  const client = clientOf(context);
  const show = showing(context.output, options);
  for (;;) {
    const view = await client.call("queue", {});
    await show(view);
    if (options.watch !== true || isOver(view)) return 0;
    await delay(lookAgainMs);
  }
}

function isOver({ queues, active }: QueueView): boolean {
  return queues.length === 0 && !active;
}

function showing(output: Output, { json, watch }: QueueOptions): (view: QueueView) => Promise<void> {
  let before = "";
  return async (view) => {
    const text = json === true ? JSON.stringify(view) : queueLines(view, output).join("\n");
    if (text === before) return;
    before = text;
    if (watch === true && json !== true && output.interactive) {
      const { default: logUpdate } = await import("log-update");
      // A line that is broken in two would be one too few when it is drawn again.
      logUpdate(
        text
          .split("\n")
          .map((line) => fit(line, output.columns - 1))
          .join("\n"),
      );
      if (isOver(view)) logUpdate.done();
    } else output.line(text);
  };
}

export async function resumeQueue(
  context: Context,
  _args: readonly string[],
  { all, json }: JsonOption & { readonly all?: boolean },
): Promise<ExitCode> {
  const { output, cwd } = context;
  const view = await askDaemon(context, "queueResume", all === true ? { cwd, all } : { cwd });
  if (json === true) output.line(JSON.stringify(view));
  else for (const line of queueLines(view, output)) output.line(line);
  return 0;
}

interface LandOptions extends JsonOption {
  readonly completed?: boolean;
  readonly gate?: string;
  readonly detach?: boolean;
}

/** What is done goes into the queue; shown until the run rests again. */
export async function land(
  context: Context,
  [run]: readonly string[],
  { completed, gate, detach, json }: LandOptions,
): Promise<ExitCode> {
  if (completed !== true) {
    throw new OperationalError({
      code: "land-what",
      what: "It was not said what is to be landed",
      next: `everything that is done: nightcrew land --completed${run === undefined ? "" : ` ${run}`}`,
    });
  }
  const { output, cwd } = context;
  const client = clientOf(context);
  const newsFrom = Date.now();
  const environment = pick(process.env, isSetting);
  const view = await client.call("land", { cwd, environment, ...stated({ run, gate }) });
  if (detach !== true) {
    const codeOf = (report: Report): ExitCode => landedCode(report, view.tasks);
    return followToEnd(client, output, { id: view.run, json: json === true, newsFrom, codeOf });
  }
  if (json === true) output.line(JSON.stringify(view));
  else output.line(`run ${view.run}: lands ${view.tasks.join(", ")}`);
  return 0;
}

/** What was asked for is that these land; what else the run has to do is another matter. */
function landedCode(report: Report, asked: readonly string[]): ExitCode {
  const code = exitCodeOf(report);
  if (code > 1) return code;
  return report.tasks.every(({ id, status }) => status === "completed" || !asked.includes(id)) ? 0 : 1;
}

/** Waits until it is done: what is taken back is judged like what lands. Ctrl-C leaves it going. */
export async function revert(context: Context, [id]: readonly string[], { json }: JsonOption): Promise<ExitCode> {
  const { output, cwd } = context;
  const answer = clientOf(context).call("revert", id === undefined ? { cwd } : { cwd, id });
  const view = await meanwhile(answer, "taking it back; it is judged like a landing", output);
  if (json === true) output.line(JSON.stringify(view));
  else showRevert(view, output);
  return view.results.every(({ commit }) => commit !== null) ? 0 : 1;
}

interface ValidateOptions extends JsonOption {
  readonly rollbackOnFail?: boolean;
  readonly target?: string;
}

/** Waits for the verdict, and for what is taken back by it. Ctrl-C leaves it going. */
export async function validate(
  context: Context,
  [run]: readonly string[],
  { rollbackOnFail, target, json }: ValidateOptions,
): Promise<ExitCode> {
  const { output, cwd } = context;
  if (run?.trim() === "") throw noCommand();
  const environment = pick(process.env, isSetting);
  const asked = { cwd, environment, rollback: rollbackOnFail === true, ...stated({ run, target }) };
  const answer = clientOf(context).call("validate", asked);
  const view = await meanwhile(answer, "judging the target as it stands", output);
  if (json === true) output.line(JSON.stringify(view));
  else showVerdict(view, output, asked.rollback);
  return view.verdict === "pass" ? 0 : 1;
}

function noCommand(): OperationalError {
  return new OperationalError({
    code: "usage",
    what: "No command was given",
    next: "nightcrew validate 'CMD'; by the gate of the newest run: nightcrew validate",
  });
}

function showVerdict(
  { target, commit, verdict, why, log, results }: ValidateView,
  output: Output,
  rollback: boolean,
): void {
  const { style } = output;
  const where = `${target} (${commit.slice(0, 10)})`;
  if (verdict === "pass") return output.line(`${style.green("✔")} ${where} passes`);
  const word = verdict === "fail" ? "does not pass" : "could not be judged";
  output.line(`${style.red("✘")} ${where} ${word}: ${why ?? ""}`);
  showLog(log, output);
  if (verdict === "blocked") return output.line("nothing was taken back: what could not be judged is nobody's doing");
  if (!rollback) return output.line("next  take the last landing back: nightcrew revert");
  if (results.length === 0) output.line("nothing that nightcrew landed is left to take back");
  showRevert({ version: 1, results }, output);
}

/** The end of it; nothing where it said nothing. */
function showLog(log: string, output: Output): void {
  if (log === "") return;
  for (const line of lastLines(printable(log), 20, 4_000).split("\n")) output.line(output.style.dim(`  │ ${line}`));
}

/** What takes longer than a second says what it is doing. */
async function meanwhile<T>(answer: Promise<T>, doing: string, output: Output): Promise<T> {
  const timer = setTimeout(() => output.note(`${doing}. Ctrl-C leaves it going: nightcrew queue`), 1_000);
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
  }
}

interface PromoteOptions extends JsonOption {
  readonly from?: string;
  readonly to?: string;
}

/** Waits until it is there. Ctrl-C leaves it going. */
export async function promote(
  context: Context,
  _args: readonly string[],
  { from, to, json }: PromoteOptions,
): Promise<ExitCode> {
  const { output, cwd } = context;
  const environment = pick(process.env, isSetting);
  const answer = clientOf(context).call("promote", { cwd, environment, ...stated({ from, to }) });
  const view = await meanwhile(answer, "judging what is not known to be good", output);
  if (json === true) output.line(JSON.stringify(view));
  else showPromotion(view, output);
  return view.outcome === "stays" ? 1 : 0;
}

function showPromotion(view: PromoteView, output: Output): void {
  const { from, to, promotes, outcome, commit, waiting, pushedTo, why, log, command } = view;
  const { style } = output;
  const what = `${from} (${promotes.slice(0, 10)})`;
  if (outcome === "stays") {
    output.line(`${style.red("✘")} ${what} was not promoted to ${to}: ${why ?? ""}`);
    showLog(log, output);
    return output.line(`next  by hand: ${command}`);
  }
  const words = {
    "fast-forwarded": "is at it",
    merged: "has it by a merge that passed the gate",
    unchanged: "has all of it already",
  };
  output.line(
    `${style.green("✔")} ${what}: ${waiting === null ? to : waiting.branch} ${words[outcome]} (${commit?.slice(0, 10) ?? ""})${pushedText(pushedTo)}`,
  );
  if (outcome !== "unchanged") output.line(`as by: ${command}`);
  if (waiting !== null)
    output.line(
      `next  ${waiting.because}: bring it in with \`git merge --ff-only ${waiting.branch}\`, or promote again`,
    );
  else if (outcome === "merged") output.line(`next  ${from} may follow: git fetch . ${to}:${from}`);
}

/** Those that are given. */
function stated<T extends object>(options: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [K in keyof T]?: NonNullable<T[K]> };
}

function pushedText(remote: string | null): string {
  return remote === null ? "" : `, pushed to ${remote}`;
}

function showRevert({ results }: RevertView, output: Output): void {
  const { style } = output;
  for (const { task, title, landed, commit, pushedTo, waiting: beside, why } of results) {
    const what = `${task} ${title} (${landed.slice(0, 10)})`;
    if (commit !== null)
      output.line(
        `${style.green("✔")} ${what}: taken back by ${commit.slice(0, 10)}${pushedText(pushedTo)}${beside === null ? "" : `, on ${beside.branch}`}`,
      );
    else output.line(`${style.red("✘")} ${what} stays: ${why ?? ""}`);
  }
  const waiting = results.find((result) => result.waiting !== null)?.waiting ?? null;
  if (waiting !== null)
    output.line(`next  ${waiting.because}: bring it in with \`git merge --ff-only ${waiting.branch}\``);
  const first = results.find(({ commit }) => commit === null);
  if (first !== undefined)
    output.line(`next  by hand: git revert -m 1 ${first.landed}   (what it conflicts with has to be sorted out)`);
}
