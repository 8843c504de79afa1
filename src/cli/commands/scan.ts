import { projectText } from "../../domain/present/project-text.ts";
import { clientOf, type Context, type ExitCode, type JsonOption } from "../context.ts";

interface ScanOptions extends JsonOption {
  readonly target?: string;
}

const shownChars = 8_000;

export async function scan(context: Context, _args: readonly string[], options: ScanOptions): Promise<ExitCode> {
  const { output, cwd } = context;
  const { target } = options;
  const answer = await clientOf(context).call("scan", target === undefined ? { cwd } : { cwd, target });
  if (options.json === true) output.line(JSON.stringify(answer));
  else for (const line of projectText(answer.project, shownChars).split("\n")) output.line(line);
  return 0;
}
