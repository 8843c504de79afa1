// `npm run test:agents`: installs the agents, and runs the tests of project `agents` in a box. Arguments go to vitest.
// Where there is no registry, or no box can be made, it says what was not tried.
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { boxHere, boxed } from "./box.mjs";
import { agentFolder, installAll, installedVersion, linesOf, neededBy } from "./install.mjs";

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** For all of it, installing included. */
const totalMs = 11.5 * 60_000;
const installMs = 5 * 60_000;

const deadline = Date.now() + totalMs;
const folder = resolve(agentFolder());
const { args, why } = boxHere();
if (args === null) {
  console.log(`agents: skipped, no box can be made here: ${why}`);
} else {
  const results = await installAll({
    folder,
    deadline: Date.now() + installMs,
    say: (line) => console.error(line),
  });
  for (const line of linesOf(results)) console.log(`agents: ${line}`);
  if (installedVersion(folder, "aimock") === null) console.log("agents: skipped, there is no scripted model");
  else process.exitCode = await conformance();
}

async function conformance() {
  const more = process.argv.slice(2);
  const vitest = join(project, "node_modules", "vitest", "vitest.mjs");
  const { code } = await boxed({
    // A worker for every file: else what has no bound of its own is left to the end of the time.
    command: [process.execPath, vitest, "run", "--project=agents", "--reporter=verbose", "--maxWorkers=3", ...more],
    env: { NIGHTCREW_AGENT_CLIS: folder },
    keep: [folder, ...neededBy(folder)],
    limitMs: deadline - Date.now(),
  });
  if (code === 137) console.error("agents: not done in time");
  return code;
}
