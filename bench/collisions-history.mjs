#!/usr/bin/env node
// What write sets would have avoided in the history of a real repository, at what loss of parallelism.
// Usage: node bench/collisions-history.mjs GIT_DIR [TASKS] [PLANS] [SEEDS]: so many consecutive commits are one plan of independent
// tasks, played by four workers. An author says 70 % of the files of each, and in a fifth of the tasks a wrong one besides.
import path from "node:path";
import { buildEngine } from "./lib/engine-build.mjs";
import { Ground } from "./lib/ground.mjs";

const grammars = path.resolve(import.meta.dirname, "../dist/grammars");
const [gitDir, ...numbers] = process.argv.slice(2);
if (gitDir === undefined) throw new Error("name a git directory: node bench/collisions-history.mjs REPOSITORY/.git");

const ground = new Ground();
try {
  const out = await buildEngine(ground);
  const args = [path.join(out, "history.cjs"), path.resolve(gitDir), grammars, ...numbers];
  const { stdout } = await ground.run(process.execPath, args, { timeoutMs: 30 * 60_000 });
  const { plans, tasks, seeds, totals } = JSON.parse(stdout.trim().split("\n").at(-1));
  console.log(
    `${path.basename(path.dirname(gitDir))}: ${plans} plans of ${tasks} commits, each played ${seeds} times\n`,
  );
  console.log(
    "| what keeps tasks apart | pairs at once that changed one file | avoided | of them real conflicts | avoided | minutes of agents done again | time, without that |",
  );
  console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
  const { none } = totals;
  for (const [name, { collisions, conflicts, again, makespan }] of Object.entries(totals)) {
    const avoided = (count, of) => (of === 0 ? "" : `${Math.round((1 - count / of) * 100)} %`);
    const time = `${((makespan / none.makespan) * 100 - 100).toFixed(0)} %`;
    console.log(
      `| ${[name, collisions, avoided(collisions, none.collisions), conflicts, avoided(conflicts, none.conflicts), again, `+${time}`].join(" | ")} |`,
    );
  }
} finally {
  await ground.clear();
}
