import { readFile } from "node:fs/promises";
import { OperationalError } from "../../std/operational-error.ts";
import { bridge, runBridge } from "../bridge.ts";
import { readOptions } from "../options.ts";
import { startAgent } from "./agent-process.ts";
import { converse } from "./converse.ts";

/**
 * Has any agent that speaks the Agent Client Protocol do one piece of work in the current folder:
 * `--prompt-file F [--model M] [--resume ID] [--max-turns N] [--permissions allow|deny|ask] [--mode ID] [--auth ID] -- agent …`.
 */
async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), ["mode", "auth"]);
  if (options.rest.length === 0) throw new OperationalError({ code: "usage", what: "the agent's command is missing" });
  const prompt = await readFile(options.promptFile, "utf8");
  await bridge(options, async (talk) => {
    if (options.endpoint !== null) {
      const message = "the protocol cannot tell an agent its endpoint: it uses what its own configuration says";
      talk.emit({ type: "progress", percent: null, message });
    }
    const agent = startAgent(options.rest, (errors) => process.stderr.write(errors));
    try {
      return await converse(agent, { ...talk, options, prompt, workspace: process.cwd() });
    } finally {
      await agent.end();
    }
  });
}

runBridge(main);
