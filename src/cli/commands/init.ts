import { askDaemon, type Context, type ExitCode, type JsonOption } from "../context.ts";

interface InitOptions extends JsonOption {
  readonly print?: boolean;
  readonly force?: boolean;
}

export async function init(context: Context, _args: readonly string[], options: InitOptions): Promise<ExitCode> {
  const { output, cwd } = context;
  const answer = await askDaemon(context, "init", {
    cwd,
    write: options.print !== true,
    force: options.force === true,
  });
  if (options.json === true) output.line(JSON.stringify(answer));
  else if (!answer.written) output.line(answer.text.trimEnd());
  else {
    output.line(`wrote ${answer.file}`);
    output.line("next: name your agent's command under `agents:`, then: nightcrew doctor");
  }
  return 0;
}
