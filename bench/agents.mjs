// What supervising adds to an agent: to its start, in memory, in a sandbox, at its end, and to what it prints.
// The runner's bundle is driven over its stdin, as the daemon does it; nothing of the daemon is in these figures.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { added, bounded, bytesLine, inTurns, line, median, printTable, time } from "./lib/figures.mjs";
import { progress, write } from "./lib/ground.mjs";
import { now, Runners } from "./lib/runners.mjs";

const warmGoalMs = 10;
const coldGoalMs = 60;
const memoryGoal = 1.25;
const sandboxGoalMs = 30;
const stopGoalMs = 1_500;
const drainedGoal = 1.5;
const parsedGoal = 5;
const blockedGoalMs = 50;

const outputBytes = 100 * 1024 * 1024;
const pollMs = 5;

export async function agents(ground, { samples = 21 }) {
  const runners = new Runners(ground);
  await runners.prepare();
  await starts(runners, samples);
  await sandboxes(runners, samples);
  await memory(runners);
  await stops(runners);
  await printed(runners);
}

/** Its first instruction tells the time. */
const clock = `echo "$EPOCHREALTIME"\n`;

const toldAt = (text) => Number(/\d+\.\d+/.exec(text)?.[0]) * 1_000;

async function starts(runners, samples) {
  progress(`agents: ${samples} starts, warm and cold`);
  const script = runners.script("clock", clock);
  const probe = path.join(runners.root, "probe.json");
  const [warm, probed] = [runners.start(), runners.start({ probe })];
  const gits = [];
  const actions = {
    bare: () => bareStart(runners, script),
    warm: () => startBy(runners, warm, script),
    probed: async () => {
      const ms = await startBy(runners, probed, script);
      const { gitMs } = JSON.parse(fs.readFileSync(probe, "utf8"));
      gits.push(gitMs);
      return ms - gitMs;
    },
    cold: () => coldStart(runners, script),
    node: async () => (await runners.ground.run(process.execPath, ["-e", "0"])).ms,
  };
  for (const action of Object.values(actions)) await action();
  gits.length = 0;
  const times = await inTurns(samples, actions);
  await Promise.all([warm, probed].map((runner) => runners.leave(runner)));
  const against = { reference: "bare", referenceMs: median(times.bare) };
  const gitMs = median(gits);
  printTable(`An agent's start, handed over → first instruction: median of ${samples}`, [
    added("warm runner, seen from within, without git", median(times.probed), { ...against, goalMs: warmGoalMs }),
    added("warm runner, whole", median(times.warm), against),
    added("cold runner, without git", median(times.cold) - gitMs, { ...against, goalMs: coldGoalMs }),
    added("cold runner, whole", median(times.cold), against),
  ]);
  console.log(
    `\nits workspace is brought to the task's commit by git: ${time(gitMs)} of each start; node -e 0 takes ${time(median(times.node))}`,
  );
}

async function bareStart(runners, script) {
  const startedAt = now();
  const child = spawn(script, [], { env: runners.ground.environment(), stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  child.stdout.on("data", (chunk) => (text += chunk));
  await new Promise((resolve, reject) => child.once("close", resolve).once("error", reject));
  return toldAt(text) - startedAt;
}

async function startBy(runners, runner, script, how) {
  const job = runners.hand(runner, [script], how);
  const { result } = await job.entry("attempt-ended");
  const at = toldAt(job.log());
  if (Number.isNaN(at)) throw new Error(`the agent did not start: ${JSON.stringify(result.outcome)}`);
  return at - job.handedAt;
}

async function coldStart(runners, script) {
  const startedAt = now();
  const runner = runners.start();
  const job = runners.hand(runner, [script]);
  await job.entry("attempt-ended");
  await runners.leave(runner);
  return toldAt(job.log()) - startedAt;
}

async function sandboxes(runners, samples) {
  if (!(await hasSandbox(runners))) return progress("agents: there is no bubblewrap, so nothing is told of sandboxes");
  progress(`agents: ${samples} starts in a sandbox`);
  const script = runners.script("clock", clock);
  const runner = runners.start();
  const actions = {
    none: () => startBy(runners, runner, script),
    sandbox: () => startBy(runners, runner, script, { sandbox: "bubblewrap" }),
    host: () => startBy(runners, runner, script, { sandbox: "bubblewrap", hosts: ["example.com"] }),
  };
  for (const action of Object.values(actions)) await action();
  const times = await inTurns(samples, actions);
  await runners.leave(runner);
  const against = { reference: "no sandbox", referenceMs: median(times.none) };
  printTable(`A sandbox, handed over → first instruction, warm: median of ${samples}`, [
    added("no network", median(times.sandbox), { ...against, goalMs: sandboxGoalMs }),
    added("one allowed host", median(times.host), against),
  ]);
}

async function hasSandbox({ ground }) {
  return (await ground.run("sh", ["-c", "command -v bwrap || true"])).stdout.trim() !== "";
}

async function memory(runners) {
  if (!fs.existsSync("/proc/self/smaps_rollup")) return progress("agents: the platform does not tell of memory");
  progress("agents: memory");
  const script = runners.script("quiet", "exec sleep 600\n");
  const [fresh, used] = [runners.start(), runners.start()];
  await startBy(runners, used, runners.script("clock", clock));
  const socket = path.join(runners.home, "ctl", "bare");
  const program = `require("node:net").createServer().listen(${JSON.stringify(socket)})`;
  const bare = spawn(process.execPath, ["-e", program], { env: runners.ground.environment(), stdio: "ignore" });
  const rows = [];
  for (const [what, runner] of Object.entries({ "in its first job": fresh, "in its second job": used })) {
    const job = runners.hand(runner, [script]);
    await job.entry("working");
    // Whatever it does at the beginning is over, and the bare one has settled too.
    await delay(2_000);
    for (const kind of ["Pss", "Rss"]) {
      const reference = { reference: "bare node", referenceBytes: bytesOf(bare.pid, kind) };
      const goal = kind === "Pss" ? memoryGoal : null;
      rows.push(
        bytesLine(`runner ${what}, ${kind.toUpperCase()}`, bytesOf(runner.child.pid, kind), { ...reference, goal }),
      );
    }
    runners.stop(runner, job);
    await job.entry("attempt-ended");
    await runners.leave(runner);
  }
  bare.kill("SIGKILL");
  printTable("Memory while a quiet agent runs, beside an idle node that listens on a socket", rows);
}

function bytesOf(pid, kind) {
  const text = fs.readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(new RegExp(`^${kind}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) * 1024;
}

const stubborn = "trap '' TERM\n";
const stopped = {
  "an agent that waits for a child": "sleep 600 &\nwait\n",
  "with a child in a session of its own": "setsid sleep 600 &\nsleep 600\n",
  "both ignore SIGTERM": `${stubborn}setsid bash -c "trap '' TERM; while :; do sleep 1; done" &\nwhile :; do sleep 1; done\n`,
  "only the child ignores SIGTERM": `setsid bash -c "trap '' TERM; while :; do sleep 1; done" &\nsleep 600\n`,
};
const stopSamples = 3;

async function stops(runners) {
  if (!fs.existsSync("/proc/self/environ")) return progress("agents: the platform does not tell of processes");
  progress("agents: stops");
  const runner = runners.start();
  const rows = [];
  for (const [what, text] of Object.entries(stopped)) {
    const script = runners.script(`stopped-${rows.length}`, text);
    const times = [];
    for (let n = 0; n < stopSamples; n++) times.push(await stopOnce(runners, runner, script));
    rows.push(bounded(what, median(times), stopGoalMs));
  }
  await runners.leave(runner);
  printTable(`Stopped → the last process is gone: median of ${stopSamples}`, rows);
}

async function stopOnce(runners, runner, script) {
  const job = runners.hand(runner, [script]);
  await job.entry("working");
  // Its children are there, and its traps are set.
  await delay(500);
  const pids = markedProcesses(job.id);
  if (pids.length < 2) throw new Error(`only ${pids.length} processes of ${script}`);
  const stoppedAt = now();
  runners.stop(runner, job);
  while (pids.some(lives)) await delay(pollMs);
  const ms = now() - stoppedAt;
  await job.entry("attempt-ended");
  const left = markedProcesses(job.id);
  if (left.length > 0) throw new Error(`left of ${script}: ${left.join(", ")}`);
  return ms;
}

function markedProcesses(id) {
  const marker = `NIGHTCREW_MARKER=${id}\0`;
  const pids = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => readOrNothing(`/proc/${pid}/environ`).includes(marker) && lives(pid));
}

function lives(pid) {
  const stat = readOrNothing(`/proc/${pid}/stat`);
  return stat !== "" && stat.slice(stat.lastIndexOf(")") + 2)[0] !== "Z";
}

function readOrNothing(file) {
  try {
    return fs.readFileSync(file, "latin1");
  } catch {
    // Gone meanwhile, or somebody else's.
    return "";
  }
}

const outputSamples = 3;
/** More than a log holds: what comes behind it is beyond the bound. */
const beforeBytes = 9 * 1024 * 1024;
const words = "the quick brown fox jumps over the lazy dog and compiles src/part.ts again, ";
const jsonLine = (text) => `${JSON.stringify({ type: "message", text })}\n`;

/** `before` is printed first, and is not measured. */
const outputs = {
  "lines beyond the log's bound": { goal: drainedGoal, before: beforeBytes, text: (n) => `${n}: ${words}${words}\n` },
  "JSON, lines of 2 kB": { goal: parsedGoal, before: 0, text: (n) => jsonLine(`${n} ${words.repeat(26)}`) },
  "JSON, lines of 0.1 kB": { goal: parsedGoal, before: 0, text: (n) => jsonLine(`${n} ${words}`) },
};

async function printed(runners) {
  progress(`agents: ${outputSamples} times 100 MiB of output, of ${Object.keys(outputs).length} kinds`);
  const rows = [];
  const waits = [];
  for (const [what, { goal, before, text }] of Object.entries(outputs)) {
    const [theirs, ours] = [[], []];
    const script = floodScript(runners, before, text);
    const times = await inTurns(outputSamples, {
      theirs: () => flood(script, theirs, () => drained(runners, script)),
      ours: () => flood(script, ours, () => supervised(runners, script)),
    });
    rows.push(line(what, median(times.ours), { reference: "drained", referenceMs: median(times.theirs), goal }));
    const most = (reports, name) => Math.max(...reports.map((report) => report[name]));
    const beside = { reference: "drained", referenceMs: most(theirs, "blockedMs") };
    waits.push(
      bounded(`${what}: its event loop was held up`, most(ours, "blockedMs"), blockedGoalMs, beside),
      bounded(`${what}: it computed without a break`, most(ours, "computedMs"), blockedGoalMs),
    );
  }
  printTable(`100 MiB of output: median of ${outputSamples}; breaks are the worst of all`, [...rows, ...waits]);
}

/** Both ends of the pipe are in its figure: the second time is written when all but the last buffer has been taken. */
function floodScript(runners, before, text) {
  const [first, measured] = [before, outputBytes].map((bytes, n) =>
    makeOutput(path.join(runners.root, `output-${n}.txt`), bytes, text),
  );
  const into = '"$0.times"';
  return runners.script(
    "flood",
    `cat '${first}'\necho $EPOCHREALTIME >${into}\ncat '${measured}'\necho $EPOCHREALTIME >>${into}\n`,
  );
}

async function flood(script, reports, action) {
  reports.push(JSON.parse(fs.readFileSync(await action(), "utf8")));
  const [from, to] = fs.readFileSync(`${script}.times`, "utf8").trim().split("\n");
  return (Number(to) - Number(from)) * 1_000;
}

function makeOutput(file, bytes, text) {
  const block = Array.from({ length: 1_000 }, (_, n) => text(n)).join("");
  const handle = fs.openSync(file, "w");
  for (let done = 0; done < bytes; done += block.length) fs.writeSync(handle, block);
  fs.closeSync(handle);
  return file;
}

async function drained(runners, script) {
  const report = path.join(runners.root, "drained.json");
  await runners.ground.run(process.execPath, [path.join(import.meta.dirname, "lib/drain.mjs"), report, script]);
  return report;
}

async function supervised(runners, script) {
  const probe = write(path.join(runners.root, "probe.json"), "");
  const runner = runners.start({ probe });
  const job = runners.hand(runner, [script]);
  await job.entry("attempt-ended");
  await runners.leave(runner);
  return probe;
}
