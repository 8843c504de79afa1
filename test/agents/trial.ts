import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "vitest";
import { eventually, kill, type Repository, type Sandbox, type Started } from "../rig/sandbox.ts";
import { limitsOf, type Case } from "./cases.ts";
import type { Model } from "./model-server.ts";
import { toldBy, type Told } from "../rig/outcome.ts";
import { agentYaml, keyOf, type Entry } from "./roster.ts";
import { slowTool, word } from "./scenarios.ts";

/** What `nightcrew run` is given besides its source. */
const runOptions = ["--yes", "--json", "--gate", "none"] as const;
const beginsWithinMs = 90_000;

export interface Trial {
  readonly told: Told;
  readonly code: number | null;
  readonly stderr: string;
  readonly repo: Repository;
  /** Begins the names of this trial's files: by them its requests are told from others. */
  readonly prefix: string;
}

interface Setting {
  readonly sandbox: Sandbox;
  readonly model: Model;
  readonly entry: Entry;
  readonly one: Case;
}

/** One case with one agent, through the command line, from a repository of its own to the run's end. */
export async function tried({ sandbox, model, entry, one }: Setting): Promise<Trial> {
  const prefix = `${keyOf(entry)}-${one.name.replaceAll(/\W+/g, "-")}`;
  const url = one.refused === true ? await deadAddress() : model.url;
  const names = Array.from({ length: one.tasks ?? 1 }, (_, index) => `${prefix}-${index + 1}.txt`);
  const repo = sandbox.repository({
    "README.md": "# a project\n",
    // Limits are waited for, which is cancelled; outages are not.
    "nightcrew.yaml": `attempts: 1\nworkers: 4\nonLimit: ${one.course === "park" ? "wait" : "fail"}\nagents:\n${agentYaml(entry, url, limitsOf(entry, one), one.permissions)}`,
    "tasks.txt": names.map((name) => taskLine(name, one, textFor(sandbox, one))).join(""),
  });
  // As users run them: in a sandbox where there is one.
  const env = { ...entry.env(url), NIGHTCREW_SANDBOX: "allow-none" };
  const run = repo.start(["run", "tasks.txt", ...runOptions], env);
  const more = await took({ run, repo, model, env, one, prefix });
  const { code, stdout, stderr } = await (more ?? run).ended;
  return { told: toldBy(`${run.stdout()}\n${stdout}`), code, stderr, repo, prefix };
}

/** What a file is to hold; or a place it must not reach. */
function textFor(sandbox: Sandbox, { scenario }: Case): string {
  return scenario === "ask" ? forbiddenPlace(sandbox) : "made by the model";
}

export function forbiddenPlace(sandbox: Sandbox): string {
  return sandbox.path("user", "asked-for");
}

/** `title|description`: the marks are in the description, as other tasks are told the title. */
function taskLine(name: string, { scenario, padding = 0 }: Case, content: string): string {
  const sentence = "Keep to the style of the project in every line. ";
  const text = sentence.repeat(Math.ceil(padding / sentence.length));
  return `Make ${name}|${text}{{do ${scenario}}} {{write ${name} ${content}}}\n`;
}

interface Course {
  readonly run: Started;
  readonly repo: Repository;
  readonly model: Model;
  readonly env: Readonly<Record<string, string>>;
  readonly one: Case;
  readonly prefix: string;
}

/** Does what the case's course says while the agent works. Gives what shows the run from then on, if that is another. */
async function took(course: Course): Promise<Started | null> {
  const { run, repo, one } = course;
  switch (one.course) {
    case "end":
      return null;
    case "cancel":
      await toolRuns(run);
      await repo.run(["cancel", "1"]);
      return null;
    case "kill":
      await toolRuns(run);
      for (const pid of rootsOf(run)) kill(pid, "SIGKILL");
      return null;
    case "tell":
      await toolRuns(run);
      expect((await repo.run(["message", "1", word])).code).toBe(0);
      return null;
    case "park":
      await run.saw('"type":"attempt.ended"');
      // Where it was not parked the run ends by itself, and there is nothing to cancel.
      if (toldBy(run.stdout()).ended[0] === "limited") await repo.run(["cancel", "--all"]);
      return null;
    case "resume":
      return await stoppedAndResumed(course);
  }
}

async function stoppedAndResumed({ run, repo, model, env, prefix }: Course): Promise<Started> {
  await within(run, () => model.seen.some(({ file, results }) => file?.startsWith(prefix) === true && results > 0));
  await repo.run(["stop", "--all"]);
  await run.ended;
  await repo.run(["resume", "--all", "--detach"], env);
  return repo.start(["resume", "--json", toldBy(run.stdout()).run], env);
}

/** Resolves when the agent's tool runs; rejects when the run is over before. */
async function toolRuns(run: Started): Promise<void> {
  await within(run, () => commandsOf(run).some((command) => command.includes(slowTool)));
}

async function within(run: Started, check: () => boolean): Promise<void> {
  let over = false;
  void run.ended.then(() => (over = true));
  await eventually(() => check() || over, "the agent's tool runs", beginsWithinMs);
  if (over) throw new Error(`it was over before its tool ran:\n${run.stdout().slice(-2_000)}`);
}

/** A port of loopback nobody listens on. */
async function deadAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

/** Living processes of a run's agents: by the variable that every one of them is given. */
export function processesOf(run: string): number[] {
  const marker = `NIGHTCREW_RUN=${run}`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => readOr(`/proc/${name}/environ`).split("\0").includes(marker))
    .map(Number);
}

function commandsOf(run: Started): string[] {
  return processesOf(toldBy(run.stdout()).run).map((pid) => readOr(`/proc/${pid}/cmdline`));
}

/** Those whose parent is none of them: what the runner started. */
function rootsOf(run: Started): number[] {
  const all = processesOf(toldBy(run.stdout()).run);
  return all.filter((pid) => {
    const stat = readOr(`/proc/${pid}/stat`);
    return !all.includes(Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
  });
}

function readOr(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) return "";
    throw error;
  }
}

/** More than all bounds on logs together. */
const largestHome = 64 * 1024 * 1024;

/** What must hold after every case, whatever the agent did. */
export async function expectNoTraces(sandbox: Sandbox, { told, repo, prefix }: Trial): Promise<void> {
  await eventually(() => processesOf(told.run).length === 0, "everything the agent started is gone", 10_000);
  const tracked = repo.git("ls-tree", "-r", "--name-only", "main").split("\n");
  const expected = ["README.md", "nightcrew.yaml", "tasks.txt"];
  expect(tracked.filter((name) => !expected.includes(name) && !name.startsWith(prefix))).toEqual([]);
  expect(repo.git("status", "--porcelain")).toBe("");
  const runs = join(sandbox.home, "runs");
  const sizes = existsSync(runs) ? sandbox.files(runs).map((file) => statSync(file).size) : [];
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(largestHome);
}
