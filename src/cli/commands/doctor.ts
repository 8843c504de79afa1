import type { Context, ExitCode, JsonOption } from "../context.ts";
import { withClient } from "../context.ts";
import { table } from "../output/table.ts";

/** Exit code 2 when something would stop a run. */
export function doctor(context: Context, _args: readonly string[], options: JsonOption): Promise<ExitCode> {
  return withClient(context, async (client): Promise<ExitCode> => {
    const { output, cwd } = context;
    const answer = await client.call("doctor", { cwd });
    const code = answer.findings.some(({ verdict }) => verdict === "problem") ? 2 : 0;
    if (options.json === true) {
      output.line(JSON.stringify(answer));
      return code;
    }
    const { green, yellow, red } = output.style;
    const marks = { ok: green("ok"), warning: yellow("warning"), problem: red("problem") };
    const rows = answer.findings.map(({ name, verdict, detail }) => [marks[verdict], name, detail]);
    for (const line of table(rows, 10_000, 1)) output.line(line);
    for (const { name, next } of answer.findings) if (next !== null) output.line(`next (${name}): ${next}`);
    return code;
  });
}
