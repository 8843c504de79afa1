import { printable } from "../../std/text.ts";
import { askDaemon, type Context, type ExitCode, type JsonOption } from "../context.ts";
import { salvageLine, showSalvages } from "../output/keeping-text.ts";

export async function list(context: Context, _args: readonly string[], options: JsonOption): Promise<ExitCode> {
  const answer = await askDaemon(context, "salvageList", {});
  if (options.json === true) context.output.line(JSON.stringify(answer));
  else showSalvages(answer, context.output);
  return 0;
}

export async function show(context: Context, [id = ""]: readonly string[], options: JsonOption): Promise<ExitCode> {
  const { output } = context;
  const answer = await askDaemon(context, "salvageShow", { id });
  if (options.json === true) {
    output.line(JSON.stringify(answer));
    return 0;
  }
  output.line(salvageLine(answer.salvage));
  output.line("");
  output.line(answer.stat);
  output.line("");
  // What an agent wrote may hold what a terminal obeys.
  output.line(printable(answer.patch).trimEnd());
  const { checkout, commit } = answer.salvage;
  const range = answer.base === null ? commit : `${answer.base} ${commit}`;
  if (answer.cut) output.note(`there is more of it: git -C ${checkout} diff ${range}`);
  output.note(`bring it back: nightcrew salvage restore ${answer.salvage.id}`);
  return 0;
}

interface RestoreOptions extends JsonOption {
  readonly branch?: string;
}

export async function restore(
  context: Context,
  [id = ""]: readonly string[],
  { branch, json }: RestoreOptions,
): Promise<ExitCode> {
  const { output } = context;
  const answer = await askDaemon(context, "salvageRestore", { id, ...(branch === undefined ? {} : { branch }) });
  if (json === true) output.line(JSON.stringify(answer));
  else output.line(`branch ${answer.branch} is at ${answer.salvage.commit}, in ${answer.salvage.checkout}`);
  return 0;
}

interface DropOptions extends JsonOption {
  readonly yes?: boolean;
}

export async function drop(
  context: Context,
  [id = ""]: readonly string[],
  { yes = false, json }: DropOptions,
): Promise<ExitCode> {
  const { output } = context;
  const answer = await askDaemon(context, "salvageDrop", { id, yes });
  const { commit, checkout } = answer.salvage;
  if (json === true) output.line(JSON.stringify(answer));
  else {
    output.line(`dropped ${answer.salvage.id}: ${commit}`);
    output.note(`as long as git has it: git -C ${checkout} branch NAME ${commit}`);
  }
  return 0;
}
