import type { Context, ExitCode, JsonOption } from "../context.ts";
import { withClient } from "../context.ts";

interface InitOptions extends JsonOption {
  readonly print?: boolean;
  readonly force?: boolean;
}

export function init(context: Context, _args: readonly string[], options: InitOptions): Promise<ExitCode> {
  return withClient(context, async (client): Promise<ExitCode> => {
    const { output, cwd } = context;
    const answer = await client.call("init", { cwd, write: options.print !== true, force: options.force === true });
    if (options.json === true) output.line(JSON.stringify(answer));
    else if (!answer.written) output.line(answer.text.trimEnd());
    else {
      output.line(`wrote ${answer.file}`);
      output.line("next: name your agent's command under `agents:`, then: nightcrew doctor");
    }
    return 0;
  });
}
