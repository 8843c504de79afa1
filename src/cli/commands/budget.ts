import type { BudgetView } from "../../api/views.ts";
import { budgetText } from "../../domain/present/money-text.ts";
import { usdText } from "../../domain/present/failure-text.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { clientOf, type Context, type ExitCode, type JsonOption } from "../context.ts";
import type { Output } from "../output/terminal.ts";
import { table } from "../output/table.ts";

type Amount = string | undefined;

interface BudgetOptions extends JsonOption {
  readonly attempt?: Amount;
  readonly task?: Amount;
  readonly run?: Amount;
  readonly day?: Amount;
}

/** Shows what was spent under which caps, and changes those that are named. Exit code 3 where one is reached. */
export async function budget(context: Context, [id]: readonly string[], options: BudgetOptions): Promise<ExitCode> {
  const { output } = context;
  const client = clientOf(context);
  const caps = capsOf(options);
  if (Object.keys(caps).length > 0) {
    const subject = id === undefined ? {} : { id };
    const changed = await client.call("control", { ...subject, cwd: context.cwd, command: { type: "budget", caps } });
    if (options.json !== true) for (const { message } of changed.results) output.line(message);
  }
  const view = await client.call("budget", id === undefined ? {} : { run: id });
  if (options.json === true) output.line(JSON.stringify(view));
  else showBudget(view, output);
  return view.reached.length > 0 ? 3 : 0;
}

function showBudget({ day, runs, reached }: BudgetView, output: Output): void {
  const plans = day.plansUsd === 0 ? "" : `, ${usdText(day.plansUsd)} for plans that are no run`;
  output.line(`today  ${usdText(day.spentUsd)} spent by all runs${plans} (a day of UTC)`);
  const rows = runs.map(({ id, status, spentUsd, budget: caps }) => [
    id,
    status,
    `${usdText(spentUsd)} spent`,
    budgetText(caps),
  ]);
  for (const line of table(rows, output.columns, 3)) output.line(line);
  for (const { run, cap } of reached) {
    output.line(output.style.red(`${run}: ${usdText(cap.spentUsd)} of ${usdText(cap.capUsd)} (${cap.scope})`));
  }
}

function capsOf({ attempt, task, run, day }: BudgetOptions): Record<string, number | null> {
  const stated = { attemptUsd: attempt, taskUsd: task, runUsd: run, dayUsd: day };
  const entries = Object.entries(stated).flatMap(([name, text]) =>
    text === undefined ? [] : [[name, amountOf(text)] as const],
  );
  return Object.fromEntries(entries);
}

function amountOf(text: string): number | null {
  if (text === "none") return null;
  const amount = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(amount) && amount >= 0 && amount <= 1_000_000) return amount;
  throw new OperationalError({
    code: "invalid-amount",
    what: `Not an amount in USD: ${text}`,
    next: "write a number such as 10 or 2.50, or none",
  });
}
