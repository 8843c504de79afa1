import { plural, singleLine } from "../../std/text.ts";
import { askDaemon, type Context, type ExitCode, type JsonOption } from "../context.ts";
import { table } from "../output/table.ts";

interface ReconcileOptions extends JsonOption {
  readonly dryRun?: boolean;
}

/** Takes over what was added to the sources of a run since it was submitted. */
export async function reconcile(
  context: Context,
  [run]: readonly string[],
  options: ReconcileOptions,
): Promise<ExitCode> {
  const { output } = context;
  const about = run === undefined ? {} : { run };
  const view = await askDaemon(context, "reconcile", { ...about, dry: options.dryRun === true });
  if (options.json === true) {
    output.line(JSON.stringify(view));
    return 0;
  }
  const { style } = output;
  const rows = [
    ...view.added.map(({ id, title, source }) => [style.green("+"), id, singleLine(title), source]),
    ...view.dropped.map((id) => [style.red("-"), id, "not in its source any more", ""]),
    ...view.edited.map(({ id, what }) => [
      style.yellow("~"),
      id,
      "its source says something else of it",
      what.join(", "),
    ]),
  ];
  for (const line of table(rows, output.columns, 2)) output.line(line);
  const what = plural(view.added.length, "new task");
  if (rows.length === 0) output.line(`${view.run}: its sources have nothing new`);
  else
    output.line(view.taken ? `${view.run}: ${what} taken over` : `${view.run}: ${what}; nothing was done (--dry-run)`);
  return 0;
}
