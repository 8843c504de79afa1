// How long a task that may begin waits for its agent's first instruction, beside a bare spawn of the same agent.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { makeProject, nightcrew } from "./lib/crew-project.mjs";
import { line, printTable } from "./lib/figures.mjs";
import { progress, write } from "./lib/ground.mjs";

// What it writes first is when it began: nanoseconds since the epoch.
const agent = `#!/bin/sh
date +%s%N > "$BEGAN_IN/\${NIGHTCREW_RUN:-bare}-$NIGHTCREW_TASK"
echo "$NIGHTCREW_TASK" > "$NIGHTCREW_RUN-$NIGHTCREW_TASK.txt"
`;

const gatedTasks = 25;

/** Of a slot that is free: the next task in line, or one that could not begin before the one it needs had landed. */
const ways = {
  "slot free → first instruction": { needs: false, from: "attempt.ended", gate: "none" },
  "task ready → first instruction": { needs: true, from: "change.landed", gate: "none" },
  "behind a gate of 1 s: task ready → first instruction": { needs: true, from: "change.landed", gate: "sleep 1" },
};

export async function dispatch(ground, { files = [110, 5_000], tasks = 100 }) {
  for (const count of files) await measure(ground, count, tasks);
}

async function measure(ground, files, tasks) {
  progress(`dispatch: ${tasks} tasks one after another on ${files} files`);
  const began = ground.folder("began");
  const text = agent.replace("$BEGAN_IN", began);
  const project = await makeProject(ground, { files, agent: text });
  const rows = [];
  await spans(ground, project, { began, tasks: 5, ...Object.values(ways)[0] });
  const bare = await bareSpawns(ground, project, { began, tasks });
  for (const [name, way] of Object.entries(ways)) {
    // Those behind a gate take a second each.
    const times = await spans(ground, project, { began, tasks: way.gate === "none" ? tasks : gatedTasks, ...way });
    for (const part of [50, 99]) {
      const referenceMs = percentile(bare, part);
      rows.push(line(`${name}, p${part}`, percentile(times, part), { reference: `spawn, p${part}`, referenceMs }));
    }
  }
  printTable(`Dispatch on ${files} files: ${tasks} tasks, 1 worker, no sandbox`, rows);
}

/** Milliseconds, of all tasks but the first, which waits for nothing. */
async function spans(ground, project, { began, tasks, needs, from, gate }) {
  const list = Array.from(
    { length: tasks },
    (_, n) => `- [ ] Write file ${n + 1}\n${needs && n > 0 ? `  Depends on: ${n}\n` : ""}`,
  );
  const source = write(path.join(project.folder, `dispatch-${tasks}-${needs}-${gate}.md`), list.join(""));
  const fixed = ["--yes", "--json", "--gate", gate, "--target", "main", "--workers", "1"];
  const { stdout } = await nightcrew(ground, project, ["run", source, ...fixed]);
  const events = stdout
    .trim()
    .split("\n")
    .flatMap((text) => JSON.parse(text).event ?? []);
  const { run } = events[0];
  const freed = events.filter(({ body }) => body.type === from).map(({ task, at }) => ({ task, at }));
  const firsts = events.filter(({ body }) => body.type === "attempt.started").map(({ task }) => task);
  return firsts.slice(1).map((task) => {
    const at = Number(fs.readFileSync(path.join(began, `${run}-${task}`), "utf8")) / 1e6;
    const before = freed.findLast((one) => one.at <= at && one.task !== task);
    if (before === undefined) throw new Error(`nothing was told before task ${task} began`);
    return at - before.at;
  });
}

async function bareSpawns(ground, project, { began, tasks }) {
  const cwd = ground.folder("bare");
  const times = [];
  for (let n = 0; n < tasks; n++) {
    const env = ground.environment({ NIGHTCREW_TASK: String(n), NIGHTCREW_RUN: "bare" });
    const at = performance.timeOrigin + performance.now();
    const child = spawn(project.script, [], { cwd, env, stdio: "ignore" });
    await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
    times.push(Number(fs.readFileSync(path.join(began, `bare-${n}`), "utf8")) / 1e6 - at);
  }
  return times;
}

function percentile(values, part) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * part) / 100))];
}
