// A project nightcrew works on: a repository, a home, an agent that is a shell script; and what a run of it tells.
import fs from "node:fs";
import path from "node:path";
import { baseHistory } from "./base-history.mjs";
import { median, time } from "./figures.mjs";
import { write } from "./ground.mjs";

export const workers = 4;

/**
 * Lands on `main` while `desk` is checked out, so that no landing has a work tree to update. `tracked` are files of the
 * checkout, by name; `gate` is its only check, `more` are further settings.
 */
export async function makeProject(ground, { files, agent, tracked = {}, gate = "true", more = "" }) {
  const folder = ground.folder(`project-${files}`);
  const repository = path.join(folder, "repository");
  const script = write(path.join(folder, "agent.sh"), agent, 0o755);
  await ground.git(["init", "-q", "-b", "main", repository]);
  await ground.git(["fast-import", "--quiet"], { cwd: repository, input: baseHistory(files) });
  await ground.git(["reset", "-q", "--hard"], { cwd: repository });
  const settings = `agents:\n  shell: {driver: command, command: [${JSON.stringify(script)}]}\n`;
  const own = { ...tracked, "nightcrew.yaml": `${settings}${more}gate:\n  checks: [{run: ${JSON.stringify(gate)}}]\n` };
  for (const [name, text] of Object.entries(own)) write(path.join(repository, name), text);
  await ground.git(["add", "-A"], { cwd: repository });
  await ground.git(["commit", "-q", "-m", "Project"], { cwd: repository });
  await ground.git(["checkout", "-q", "-b", "desk"], { cwd: repository });
  return { folder, repository, script, home: path.join(folder, "crew-home") };
}

/** Runs the program in the project. `under` are environment variables, for counting its processes; for others see `Ground.run`. */
export function nightcrew(ground, project, args, { under = {}, ...how } = {}) {
  // What a home is filled with ended long ago.
  const kept = { AGENT_AUTO_CLEANUP: "0" };
  const env = { NIGHTCREW_HOME: project.home, NIGHTCREW_SANDBOX: "none", ...kept, ...under };
  return ground.run(process.execPath, [ground.binary, ...args], { cwd: project.repository, env, ...how });
}

/** So that what comes next is done by a daemon that was started with its environment. */
export async function stopDaemon(ground, project) {
  await nightcrew(ground, project, ["daemon", "stop"]);
}

/**
 * Runs `source`, without a gate, and throws unless every one of its `tasks` landed on the target. `onEvent` hears each event
 * when it happens.
 */
export async function runCrew(ground, project, { source, tasks, under, timeoutMs, atOnce = workers, onEvent }) {
  const fixed = ["--yes", "--json", "--gate", "none", "--target", "main", "--workers", String(atOnce)];
  const onLine = onEvent === undefined ? null : (text) => eventsOf(text).forEach((event) => onEvent(event));
  const { ms, stdout } = await nightcrew(ground, project, ["run", source, ...fixed], { under, timeoutMs, onLine });
  const events = stdout.trim().split("\n").flatMap(eventsOf);
  const landed = events.filter(({ body }) => body.type === "change.landed" && body.place.on === "target").length;
  if (landed !== tasks) throw new Error(`${landed} of ${tasks} tasks landed`);
  return { wallMs: ms, events, runMs: atOf(events, "run.finished") - atOf(events, "run.submitted") };
}

function eventsOf(line) {
  const { event } = JSON.parse(line);
  return event === undefined ? [] : [event];
}

function atOf(events, type) {
  const found = events.find(({ body }) => body.type === type);
  if (found === undefined) throw new Error(`the run told of no ${type}`);
  return found.at;
}

/** A `tasks.txt` beside the repository. */
export function taskFile(project, count) {
  const titles = Array.from({ length: count }, (_, n) => `Write file ${n + 1}`);
  return write(path.join(project.folder, `tasks-${count}.txt`), `${titles.join("\n")}\n`);
}

const stations = {
  started: (body) => body.type === "attempt.started",
  working: (body) => body.type === "task.staged" && body.stage === "working",
  ended: (body) => body.type === "attempt.ended",
  built: (body) => body.type === "change.built",
  landed: (body) => body.type === "change.landed",
};

/** Between two stations of a task, the median over all tasks that passed both; milliseconds. */
export function between(events, from, to) {
  const times = new Map();
  for (const { task, body, at } of events) {
    for (const [station, isIt] of Object.entries(stations)) if (isIt(body)) times.set(`${task} ${station}`, at);
  }
  const tasks = new Set(events.flatMap(({ task }) => task ?? []));
  const spans = [...tasks].map((task) => times.get(`${task} ${to}`) - times.get(`${task} ${from}`));
  return median(spans.filter((span) => !Number.isNaN(span)));
}

/** One line that tells where the time of a task goes. */
export function stationsText(events) {
  const names = Object.keys(stations);
  const steps = names
    .slice(1)
    .map((name, index) => `${names[index]} → ${name} ${time(between(events, names[index], name))}`);
  return `median of a task: ${steps.join(", ")}`;
}

/** Counts the git processes of `action` by command. Every one goes through a shell script first: not for timing. */
export async function countGit(ground, project, action) {
  const folder = ground.folder("git-calls");
  const log = path.join(folder, "log");
  const { stdout: real } = await ground.run("sh", ["-c", "command -v git"]);
  // One write a call, so that calls at the same time do not mix.
  const script = `#!/bin/sh\nprintf '%s\\n' "$PWD$(printf '\\037%s' "$@")" >> '${log}'\nexec '${real.trim()}' "$@"\n`;
  write(path.join(folder, "git"), script, 0o755);
  // The daemon runs most of them.
  await stopDaemon(ground, project);
  await action({ PATH: `${folder}${path.delimiter}${process.env.PATH}` });
  await stopDaemon(ground, project);
  const lines = fs.existsSync(log) ? fs.readFileSync(log, "utf8").trim().split("\n") : [];
  return lines.map((text) => {
    const [cwd, ...args] = text.split("\u001f");
    return { cwd, args, command: commandOf(args) };
  });
}

function commandOf(args) {
  for (let index = 0; index < args.length; index++) {
    if (args[index] === "-c" || args[index] === "-C") index++;
    else if (!args[index].startsWith("-")) return args[index];
  }
  return "git";
}

/** `3 merge-tree, 1 commit-tree`, a task. */
export function countsText(calls, tasks) {
  const counts = new Map();
  for (const { command } of calls) counts.set(command, (counts.get(command) ?? 0) + 1);
  const sorted = [...counts].toSorted((a, b) => b[1] - a[1]);
  return sorted.map(([command, count]) => `${command} ${(count / tasks).toFixed(1)}`).join(", ");
}

/** The process that decides in the project's home. */
export async function daemonPid(ground, project) {
  return JSON.parse((await nightcrew(ground, project, ["daemon", "status", "--json"])).stdout).pid;
}
