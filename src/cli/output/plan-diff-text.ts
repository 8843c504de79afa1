import type { PlanView } from "../../api/views.ts";
import { listText } from "../../domain/present/failure-text.ts";
import { plural, singleLine } from "../../std/text.ts";
import { table } from "./table.ts";
import type { Output } from "./terminal.ts";

const maxShown = 200;

/** What is not as in an earlier plan, a line a task. */
export function showDiff({ tasks }: PlanView, diff: NonNullable<PlanView["diff"]>, output: Output): void {
  const { style } = output;
  const titles = new Map(tasks.map(({ id, title }) => [id, title]));
  const rows = [
    ...diff.added.map((id) => [style.green("+"), id, singleLine(titles.get(id) ?? ""), "new"]),
    ...diff.done.map(({ id, title }) => [style.green("x"), id, singleLine(title), "done"]),
    ...diff.removed.map(({ id, title }) => [style.red("-"), id, singleLine(title), "not in it any more"]),
    ...diff.changed.map(({ id, title, was, what }) => {
      const moved = was === null ? [] : [`was ${was}`];
      return [style.yellow("~"), id, singleLine(title), [...moved, ...what].join(", ")];
    }),
  ];
  for (const line of table(rows.slice(0, maxShown), output.columns, 2)) output.line(line);
  if (rows.length > maxShown) output.line(`… and ${rows.length - maxShown} more`);
  const done = diff.done.length === 0 ? [] : [`${diff.done.length} done`];
  const counts = [`${diff.added.length} new`, ...done, `${diff.removed.length} gone`, `${diff.changed.length} changed`];
  output.line(
    `${listText([...counts, `${diff.same} the same`])}, compared with ${diff.to} (${plural(tasks.length, "task")} now)`,
  );
}
