import { isLogin, pick } from "../../domain/environment.ts";
import { askDaemon, terminalOf, type Context, type ExitCode, type JsonOption } from "../context.ts";
import { table } from "../output/table.ts";

/** Exit code 2 when something would stop a run. */
export async function doctor(context: Context, _args: readonly string[], options: JsonOption): Promise<ExitCode> {
  const { output } = context;
  const answer = await askDaemon(context, "doctor", { ...terminalOf(context), login: pick(process.env, isLogin) });
  const code = answer.findings.some(({ verdict }) => verdict === "problem") ? 2 : 0;
  if (options.json === true) {
    output.line(JSON.stringify(answer));
    return code;
  }
  const { green, yellow, red } = output.style;
  const marks = { ok: green("ok"), warning: yellow("warning"), problem: red("problem") };
  const rows = answer.findings.map(({ name, verdict, detail }) => [marks[verdict], name, detail]);
  for (const line of table(rows, output.columns, 1)) output.line(line);
  for (const { name, next } of answer.findings) if (next !== null) output.line(`next (${name}): ${next}`);
  return code;
}
