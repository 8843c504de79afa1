// How close the makespan of a task graph comes to what its shape allows.
import { between, makeProject, nightcrew, runCrew, stationsText, taskFile, workers } from "./lib/crew-project.mjs";
import { line, median, printTable, time } from "./lib/figures.mjs";
import { progress } from "./lib/ground.mjs";

const goal = 1.05;
const layers = 12;
// One more than workers: there is always something to do while a landing is awaited, so the bound can be reached.
const lanes = workers + 1;
const agentSamples = 3;

const agent = `#!/bin/sh\nsleep 1\necho "$NIGHTCREW_TASK" > "$NIGHTCREW_RUN-$NIGHTCREW_TASK.txt"\n`;
const title = (layer, lane) => `Build ${layer}.${"abcdefgh"[lane % lanes]}`;

/** Every task needs the one above it and that one's neighbour. */
function roadmap() {
  const tasks = Array.from({ length: layers }, (_, layer) =>
    Array.from({ length: lanes }, (_, lane) => {
      const needs = layer === 0 ? "none" : `${title(layer - 1, lane)}, ${title(layer - 1, lane + 1)}`;
      return `- [ ] **${title(layer, lane)}**\n  **Depends on**: ${needs}\n`;
    }),
  );
  return `# Roadmap\n\n${tasks.flat().join("")}`;
}

export async function graph(ground) {
  const tasks = layers * lanes;
  progress(`graph: ${tasks} tasks of a second`);
  const project = await makeProject(ground, { files: 110, agent, tracked: { "ROADMAP.md": roadmap() } });
  const { stdout } = await nightcrew(ground, project, ["plan", "ROADMAP.md", "--json"]);
  const edges = JSON.parse(stdout).criticalPath.length - 1;
  if (edges !== layers - 1) throw new Error(`the plan has a critical path of ${edges + 1}, not ${layers} tasks`);
  const agentMs = await agentAlone(ground, project);
  await runCrew(ground, project, { source: taskFile(project, workers), tasks: workers });
  const { runMs, events } = await runCrew(ground, project, { source: "ROADMAP.md", tasks });
  const landingMs = between(events, "ended", "landed");
  const [pathMs, workMs] = [(edges + 1) * agentMs, (tasks / workers) * agentMs];
  const referenceMs = Math.max(pathMs, workMs) + edges * landingMs;
  const strictMs = Math.max(pathMs + edges * landingMs, workMs);
  printTable(`Graph: makespan of ${tasks} tasks, critical path ${edges + 1}, ${workers} at once`, [
    line("submitted → finished", runMs, { reference: "bound", referenceMs, goal }),
    line("the same, no landing beside work", runMs, { reference: "bound", referenceMs: strictMs }),
  ]);
  console.log(
    `\nbound: the larger of critical path ${time(pathMs)} and work / workers ${time(workMs)},` +
      ` and ${edges} landings of ${time(landingMs)}; the agent alone takes ${time(agentMs)}`,
  );
  console.log(`\n${stationsText(events)}`);
}

async function agentAlone(ground, { script, folder }) {
  const times = [];
  const env = { NIGHTCREW_RUN: "alone", NIGHTCREW_TASK: "1" };
  for (let n = 0; n < agentSamples; n++) times.push((await ground.run(script, [], { cwd: folder, env })).ms);
  return median(times);
}
