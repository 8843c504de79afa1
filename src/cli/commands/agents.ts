import type { AgentsView } from "../../api/views.ts";
import { atMost } from "../../std/at-most.ts";
import { askDaemon, clientOf, terminalOf, type Context, type ExitCode, type JsonOption } from "../context.ts";
import { showAgents, showProbe } from "../output/agents-text.ts";

export async function agents(context: Context, _args: readonly string[], options: JsonOption): Promise<ExitCode> {
  const answer = await askDaemon(context, "agents", terminalOf(context));
  if (options.json === true) context.output.line(JSON.stringify(answer));
  else showAgents(answer, context.output);
  return 0;
}

/** Programs that are started side by side. */
const probedAtOnce = 4;

/** Exit code 2 when one of them could not be used. */
export async function probe(context: Context, names: readonly string[], options: JsonOption): Promise<ExitCode> {
  const { output } = context;
  const client = clientOf(context);
  const terminal = terminalOf(context);
  // First without starting anything: a name that nobody has is told at once.
  const { configured, agents: named } = await client.call("agents", {
    ...terminal,
    names: [...names],
    versions: false,
  });
  const asItComes = output.interactive && options.json !== true;
  const answers = await atMost(probedAtOnce, named, async ({ name }) => {
    const answer = await client.call("agentsProbe", { ...terminal, names: [name] });
    if (asItComes) showProbe(answer, output);
    return answer;
  });
  const answer: AgentsView = { version: 1, configured, agents: answers.flatMap((each) => each.agents) };
  if (options.json === true) output.line(JSON.stringify(answer));
  else if (!asItComes || answer.agents.length === 0) showProbe(answer, output);
  return answer.agents.length > 0 && answer.agents.every(({ usable }) => usable) ? 0 : 2;
}
