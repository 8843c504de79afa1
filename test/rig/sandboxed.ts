import { createSocket } from "node:dgram";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type ListenOptions, type Server } from "node:net";
import { join, resolve } from "node:path";
import type { Ending } from "../../src/domain/judge-attempt.ts";
import { supervise, type Supervised } from "../../src/adapters/process/supervise.ts";
import { bubblewrapSandbox, type BubblewrapOptions } from "../../src/adapters/sandbox/bubblewrap.ts";
import { findSandbox } from "../../src/adapters/sandbox/find-sandbox.ts";
import { noSandbox, type Refusal, type Sandbox, type SandboxPolicy } from "../../src/adapters/sandbox/sandbox.ts";

/** A user's machine in small: a home with secrets and a repository, nightcrew's home in it with two workspaces. */
export interface Ground {
  readonly root: string;
  readonly home: string;
  readonly nightcrewHome: string;
  readonly repo: string;
  readonly workspace: string;
  readonly agentGit: string;
  readonly other: string;
  readonly outbox: string;
  policy(changes?: Partial<SandboxPolicy>): SandboxPolicy;
  remove(): void;
}

const secret = "planted-secret";

/** Not below the temporary folder, which every sandbox hides: what is hidden is to be hidden by its own name. */
export function makeGround(): Ground {
  const around = resolve(".build");
  mkdirSync(around, { recursive: true });
  const root = realpathSync(mkdtempSync(join(around, "sandboxed-")));
  const home = join(root, "home");
  const nightcrewHome = join(home, ".local/state/nightcrew");
  const repo = join(home, "repo");
  const workspace = join(nightcrewHome, "workspaces/one/tree");
  const other = join(nightcrewHome, "workspaces/two/tree");
  const agentGit = join(nightcrewHome, "workspaces/one/agent.git");
  const outbox = join(nightcrewHome, "runs/r1/outbox");
  const write = (path: string, text: string): void => {
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
  };
  write(join(home, ".ssh/id"), secret);
  write(join(home, ".netrc"), secret);
  write(join(home, ".agent/auth.json"), "token");
  write(join(nightcrewHome, "store.db"), secret);
  write(join(other, "file"), secret);
  write(join(repo, ".git/config"), "[core]\n");
  write(join(repo, ".git/hooks/pre-commit"), "#!/bin/sh\n");
  write(join(repo, "file"), "the user's\n");
  write(join(workspace, ".git"), "gitdir: ../agent.git\n");
  write(join(workspace, "file"), "work\n");
  write(join(agentGit, "HEAD"), "ref: refs/heads/one\n");
  write(join(nightcrewHome, "runs/r1/TASK.md"), "do it\n");
  mkdirSync(outbox, { recursive: true });
  return {
    root,
    home,
    nightcrewHome,
    repo,
    workspace,
    agentGit,
    other,
    outbox,
    policy: (changes = {}) => ({
      folder: join(nightcrewHome, "runs/r1"),
      workspace,
      writable: [outbox],
      readable: [join(nightcrewHome, "runs/r1/TASK.md")],
      shown: [],
      scratch: [],
      readOnly: [".git"],
      agentGit,
      home: { path: home, credentials: [], keptIn: null },
      hidden: [home, nightcrewHome],
      network: { kind: "none" },
      memoryBytes: null,
      fileSizeBytes: null,
      maxProcesses: null,
      ...changes,
    }),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

export interface Ran {
  readonly ending: Ending;
  readonly stdout: string;
  readonly stderr: string;
  readonly refusals: readonly Refusal[];
}

export interface RunOptions {
  readonly sandbox: Sandbox;
  readonly policy: SandboxPolicy;
  readonly env?: NodeJS.ProcessEnv;
  readonly totalMs?: number;
  readonly stdin?: string;
  /** Told when it runs; for those who freeze or stop it. */
  readonly onRunning?: (running: Supervised, marker: string) => void;
}

export async function real(options: BubblewrapOptions = {}): Promise<Sandbox> {
  const found = await findSandbox();
  return found.kind === "bubblewrap" ? bubblewrapSandbox(found, options) : noSandbox;
}

/** A command as the runner starts one. */
export async function run(argv: readonly string[], options: RunOptions): Promise<Ran> {
  const { policy } = options;
  const name = `sandboxed-${process.pid}-${Math.random().toString(36).slice(2)}`;
  const env = { PATH: process.env["PATH"], HOME: policy.home.path, NIGHTCREW_MARKER: name, ...options.env };
  const wrapped = await options.sandbox.wrap(argv, env, policy);
  const output = { stdout: "", stderr: "" };
  const running = supervise(wrapped.argv, {
    cwd: policy.workspace,
    env: wrapped.env,
    marker: `NIGHTCREW_MARKER=${name}`,
    limits: { firstOutputMs: Infinity, silenceMs: Infinity, totalMs: options.totalMs ?? 20_000 },
    stdin: options.stdin ?? null,
    converses: false,
    onStarted: () => undefined,
    onOutput: (chunk, stream) => (output[stream] += chunk.toString()),
  });
  options.onRunning?.(running, `NIGHTCREW_MARKER=${name}`);
  const ending = wrapped.ending(await running.ended);
  const refusals = wrapped.refusals();
  await wrapped.close();
  return { ending, ...output, refusals };
}

/** A bound on waiting for other processes, not a pause. */
export async function eventually(check: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!check()) {
    if (performance.now() > deadline) throw new Error("waited in vain");
    await new Promise((done) => setTimeout(done, 5));
  }
}

/** Pids of those who live in a process namespace, as `/proc/PID/ns/pid` names it. */
export function processesIn(namespace: string): string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && namespaceOf(name) === namespace);
}

function namespaceOf(pid: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z") ? null : readlinkSync(`/proc/${pid}/ns/pid`);
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}

/** A server that closes every connection it takes. */
export async function listening(at: ListenOptions): Promise<Server> {
  const server = createServer((socket) => socket.on("error", () => undefined).destroy());
  server.listen(at);
  await once(server, "listening");
  return server;
}

/** A name server on the loopback that has one answer to every question: 192.0.2.1. */
export async function nameServer(): Promise<{ readonly port: number; close(): void }> {
  const socket = createSocket("udp4");
  socket.on("message", (question, from) => {
    const answer = Buffer.concat([
      question.subarray(0, 2),
      Buffer.from("818000010001", "hex"),
      Buffer.alloc(4),
      endOfQuestion(question),
    ]);
    const record = Buffer.from("c00c000100010000003c0004c0000201", "hex");
    socket.send(Buffer.concat([answer, record]), from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { port: socket.address().port, close: () => socket.close() };
}

/** The question alone: name, type and class; without what may be behind it. */
function endOfQuestion(message: Buffer): Buffer {
  return message.subarray(12, message.indexOf(0, 12) + 5);
}
