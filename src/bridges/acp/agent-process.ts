import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { AnyMessage, Stream } from "@agentclientprotocol/sdk";
import { LineSplitter, parseJsonObject } from "../../std/json-lines.ts";
import { errnoOf } from "../../std/operational-error.ts";
import { lastLines } from "../../std/text.ts";
import { within } from "../within.ts";

/** Longest message that is read, in characters: the content of files is in them. */
const maxMessage = 16_000_000;
/** Lines that are no messages which are put up with: agents and what they start print things. */
const maxStrayLines = 1_000;
/** What is passed on of its stderr, in bytes. */
const maxErrors = 1_000_000;
/** How long it has to end after its stdin was closed, and after each signal. */
const graceMs = 1_000;

/** An agent that was started in a process group of its own. */
export interface AgentProcess {
  readonly stream: Stream;
  /** Resolves when it is gone, with why, for a person. Never rejects. */
  readonly ended: Promise<string>;
  /** Resolves when it breaks the protocol so that no answer can be waited for any more. Never rejects. */
  readonly broken: Promise<string>;
  /** Ends it and its process group: by closing its stdin, then by signals. Resolves when it is gone. */
  end(): Promise<void>;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export function startAgent(argv: readonly string[], passOn: (errors: Buffer | string) => void): AgentProcess {
  const [program = "", ...args] = argv;
  const child: Child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], detached: true });
  const errors = passErrors(child, passOn);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`it could not be started: ${error.message}`));
    // Not `exit`: what it said last is still in its pipes. Not `close` alone: a child of it may hold them for ever.
    child.once("exit", (code, signal) => {
      const how = code === null ? `by ${signal ?? "a signal"}` : `with exit code ${code}`;
      const tell = () => resolve(`it ended ${how} before its answer${errors.last()}`);
      // Behind one more look at its pipes: whoever had no time himself meanwhile has not read what was there all along.
      const timer = setTimeout(() => setImmediate(tell), 200);
      child.once("close", () => {
        clearTimeout(timer);
        tell();
      });
    });
  });
  // It may be gone when something is written to it: `ended` tells.
  child.stdin.on("error", () => undefined);
  const { stream, broken } = messagesOf(child);
  return { stream, ended, broken, end: () => endAgent(child, ended) };
}

async function endAgent(child: Child, ended: Promise<string>): Promise<void> {
  const gone = async () => (await within(ended, graceMs, null)) !== null;
  if (child.pid === undefined) return;
  child.stdin.end();
  if (!(await gone())) {
    signalGroup(child.pid, "SIGTERM");
    await gone();
  }
  // What it left behind in its group, and itself if need be.
  signalGroup(child.pid, "SIGKILL");
  await gone();
  for (const pipe of [child.stdout, child.stderr]) pipe.destroy();
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if (errnoOf(error) !== "ESRCH") throw error;
  }
}

/** Passes on its stderr up to a bound, and keeps the end of it. */
function passErrors(child: Child, passOn: (errors: Buffer | string) => void): { last(): string } {
  let passed = 0;
  let tail = "";
  child.stderr.on("data", (chunk: Buffer) => {
    tail = `${tail}${chunk.toString("utf8")}`.slice(-4_000);
    if (passed >= maxErrors) return;
    passed += chunk.length;
    passOn(chunk);
    if (passed >= maxErrors) passOn("\n(the agent printed more, which is not shown)\n");
  });
  return {
    last: () => (tail.trim() === "" ? "" : `: ${lastLines(tail, 3, 300)}`),
  };
}

/**
 * Messages as lines of JSON, within bounds. Lines that are none are skipped, and so is an update that is too long; of any
 * other line that is too long somebody may wait for ever.
 */
function messagesOf(child: Child): { stream: Stream; broken: Promise<string> } {
  let stray = 0;
  /** The reader has what it wanted; what still comes is dropped. */
  let cancelled = false;
  let breaks: (why: string) => void = () => undefined;
  const broken = new Promise<string>((resolve) => {
    breaks = resolve;
  });
  const readable = new ReadableStream<AnyMessage>(
    {
      start(controller) {
        const lines = new LineSplitter((line, truncated) => {
          if (cancelled) return;
          if (truncated && isUpdate(line)) return;
          if (truncated) return breaks(`it sent a message of more than ${maxMessage / 1_000_000} MB`);
          const message = parseJsonObject(line);
          if (message?.["jsonrpc"] === "2.0") return controller.enqueue(message as unknown as AnyMessage);
          if (line.trim() !== "" && ++stray > maxStrayLines) breaks("what it prints is not the Agent Client Protocol");
        }, maxMessage);
        child.stdout.setEncoding("utf8");
        child.stdout.on("data", (chunk: string) => {
          lines.push(chunk);
          if ((controller.desiredSize ?? 1) <= 0) child.stdout.pause();
        });
        child.stdout.once("close", () => {
          lines.end();
          if (!cancelled) controller.close();
        });
      },
      pull() {
        child.stdout.resume();
      },
      cancel() {
        cancelled = true;
        child.stdout.resume();
      },
    },
    { highWaterMark: 100 },
  );
  const writable = new WritableStream<AnyMessage>({
    write: (message) =>
      new Promise((resolve) => {
        // An error is that it is gone, which `ended` tells.
        child.stdin.write(`${JSON.stringify(message)}\n`, () => resolve());
      }),
  });
  return { stream: { readable, writable }, broken };
}

function isUpdate(head: string): boolean {
  return head.slice(0, 200).includes('"session/update"');
}
