import { randomBytes } from "node:crypto";
import type { ControlRequest } from "../../api/contract.ts";
import type { ControlView } from "../../api/views.ts";
import { priorities, type Priority } from "../../domain/plan.ts";
import { maxMessageLength } from "../../domain/message.ts";
import { isRuleName, ruleNames, type RuleName } from "../../domain/diff-policy/rules.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { nearest } from "../../std/text.ts";
import { askDaemon, clientOf, type Context, type ExitCode, type JsonOption } from "../context.ts";
import { followToEnd } from "./run.ts";

interface ControlOptions extends JsonOption {
  readonly all?: boolean;
  readonly detach?: boolean;
  readonly allow?: string;
}

interface MessageOptions extends JsonOption {
  readonly stdin?: boolean;
}

interface EditOptions extends JsonOption {
  readonly title?: string;
  readonly description?: string;
  readonly dependsOn?: string;
  readonly agent?: string;
  readonly allow?: string;
}

export async function pause(context: Context, [id]: readonly string[], options: ControlOptions): Promise<ExitCode> {
  return tell(context, await ask(context, { ...subjectOf(id, options), command: { type: "pause" } }), options);
}

export async function cancel(context: Context, [id]: readonly string[], options: ControlOptions): Promise<ExitCode> {
  return tell(context, await ask(context, { ...subjectOf(id, options), command: { type: "cancel" } }), options);
}

export async function retry(context: Context, [id]: readonly string[], options: ControlOptions): Promise<ExitCode> {
  const { allow } = options;
  const command = { type: "retry", ...(allow === undefined ? {} : { allow: rulesIn(allow) }) } as const;
  return tell(context, await ask(context, { ...subjectOf(id, options), command }), options);
}

/** A run that goes on is shown, as it is after `run`. */
export async function resume(context: Context, [id]: readonly string[], options: ControlOptions): Promise<ExitCode> {
  const request = options.all === true ? { all: true } : id === undefined ? {} : { id };
  const view = await ask(context, { ...request, command: { type: "resume" } });
  const [result] = view.results;
  if (options.all === true || options.detach === true || result === undefined || result.task !== null)
    return tell(context, view, options);
  return followToEnd(clientOf(context), context.output, { id: result.run, json: options.json === true });
}

export async function prioritize(
  context: Context,
  words: readonly string[],
  options: ControlOptions,
): Promise<ExitCode> {
  // `ID PRIORITY`, or `PRIORITY --all`.
  const id = options.all === true ? words.at(-2) : words[0];
  const subject = subjectOf(id, options);
  const priority = priorityOf(words.at(options.all === true ? -1 : 1));
  return tell(context, await ask(context, { ...subject, command: { type: "prioritize", priority } }), options);
}

function priorityOf(word: string | undefined): Priority {
  const priority = priorities.find((known) => known === word);
  if (priority !== undefined) return priority;
  throw new OperationalError({
    code: "no-priority",
    what: word === undefined ? "No priority was named" : `${word} is not a priority`,
    next: `nightcrew prioritize ID ${priorities.join("|")}`,
  });
}

export function approve(context: Context, [id = ""]: readonly string[], options: JsonOption): Promise<ExitCode> {
  return answer(context, [id, "yes"], options);
}

export function refuse(context: Context, [id = ""]: readonly string[], options: JsonOption): Promise<ExitCode> {
  return answer(context, [id, "no"], options);
}

export async function answer(
  context: Context,
  [id = "", ...words]: readonly string[],
  { json }: JsonOption,
): Promise<ExitCode> {
  const view = await askDaemon(context, "answer", { id, cwd: context.cwd, text: words.join(" ") });
  context.output.line(json === true ? JSON.stringify(view) : view.message);
  return 0;
}

/** In a few words, or as long as it is on stdin. */
export async function message(
  context: Context,
  [id, ...words]: readonly string[],
  options: MessageOptions,
): Promise<ExitCode> {
  const said = options.stdin === true ? await readStdin() : words.join(" ");
  if (said.trim() === "" || (options.stdin === true && words.length > 0)) {
    throw new OperationalError({
      code: "nothing-to-say",
      what: said.trim() === "" ? "Nothing was said" : "Both words and --stdin were given",
      next: 'say it: nightcrew message TASK "text", or nightcrew message TASK --stdin < FILE',
    });
  }
  if (said.length > maxMessageLength) {
    throw new OperationalError({
      code: "message-too-long",
      what: `A message has at most ${maxMessageLength} characters`,
      why: options.stdin === true ? "there was more on stdin" : `it has ${said.length}`,
      next: "write it into a file of the repository, and say which",
    });
  }
  const command = { type: "message", id: randomBytes(8).toString("hex"), text: said } as const;
  return tell(context, await ask(context, { id, command }), options);
}

/** No more than what is too long already. */
async function readStdin(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) {
    text += chunk as string;
    if (text.length > maxMessageLength) break;
  }
  return text;
}

export async function edit(context: Context, [id]: readonly string[], options: EditOptions): Promise<ExitCode> {
  const { title, description, dependsOn, agent, allow } = options;
  const wanted = Object.entries({
    title,
    description,
    dependsOn: dependsOn === undefined ? undefined : wordsIn(dependsOn),
    agent,
    allow: allow === undefined ? undefined : rulesIn(allow),
  }).filter(([, value]) => value !== undefined);
  if (wanted.length === 0) {
    throw new OperationalError({
      code: "nothing-to-edit",
      what: "Nothing was named to change",
      next: "name it: --title, --description, --depends-on, --agent, --allow",
    });
  }
  const command = { type: "edit", edit: Object.fromEntries(wanted) } as const;
  return tell(context, await ask(context, { id, command }), options);
}

function wordsIn(text: string): string[] {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

function rulesIn(text: string): RuleName[] {
  return wordsIn(text).map((word) => {
    if (isRuleName(word)) return word;
    const meant = nearest(word, ruleNames);
    throw new OperationalError({
      code: "unknown-rule",
      what: `There is no rule “${word}” in the diff policy`,
      ...(meant.length > 0 ? { why: `did you mean ${meant.join(" or ")}?` } : {}),
      next: `name one of ${ruleNames.join(", ")}`,
    });
  });
}

function ask(context: Context, request: ControlRequest): Promise<ControlView> {
  return askDaemon(context, "control", { ...request, cwd: context.cwd });
}

/** Everything, or something that is named: a command like this must not guess. */
function subjectOf(id: string | undefined, { all }: ControlOptions): Pick<ControlRequest, "id" | "all"> {
  if (all === true && id === undefined) return { all };
  if (all !== true && id !== undefined) return { id };
  throw new OperationalError({
    code: "no-subject",
    what: all === true ? "Both an id and --all were given" : "No task and no run was named",
    next: "name a task or a run (nightcrew status), or everything: --all",
  });
}

function tell({ output }: Context, view: ControlView, { json, all }: ControlOptions): ExitCode {
  if (json === true) {
    output.line(JSON.stringify(view));
  } else {
    for (const { message } of view.results) output.line(message);
    if (view.lifted === true) output.line("nightcrew stop --all is taken back: what is asked for begins again");
    else if (all === true && view.results.length === 0) output.line("nothing to change");
  }
  return view.results.some(({ outcome }) => outcome === "refused") ? 1 : 0;
}
