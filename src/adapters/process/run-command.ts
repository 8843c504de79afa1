import { spawn } from "node:child_process";
import { signal } from "./end-processes.ts";

export interface CommandOptions {
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string | Buffer;
  /** The process is killed after it; milliseconds. */
  readonly timeoutMs?: number;
  /** More output than this ends the process; bytes. */
  readonly maxBytes?: number;
  /** The process is ended once it has printed so many bytes, and that is no trouble. */
  readonly cutAt?: number;
}

export interface CommandResult {
  /** Null when it was ended by a signal or never started. */
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** Why it did not come to an end of its own, else null. */
  readonly trouble: string | null;
  /** There was more output than `cutAt`. */
  readonly cut: boolean;
}

const defaultTimeoutMs = 120_000;
const defaultMaxBytes = 64 * 1024 * 1024;

/**
 * Runs a short command to its end, for its output. Never rejects: what went wrong is in `trouble`.
 * Supervision of agents and checks is the runner's, not this.
 */
export function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve) => {
    // In a group of its own: Ctrl-C in the terminal is for us, not for a git in the middle of something.
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    const stdout = new Collected(options.cutAt ?? options.maxBytes ?? defaultMaxBytes);
    let cut = false;
    const stderr = new Collected(64 * 1024);
    let trouble: string | null = null;
    const end = (why: string): void => {
      trouble ??= why;
      // With all that it started: what a git has others do for it, it does not end.
      if (child.pid !== undefined) signal(-child.pid, "SIGKILL");
    };
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    const timer = setTimeout(() => end(`no end within ${timeoutMs} ms`), timeoutMs);
    child.stdout.on("data", (chunk: Buffer) => {
      if (stdout.add(chunk)) return;
      cut = options.cutAt !== undefined;
      end(`more than ${stdout.limit} bytes of output`);
    });
    child.stderr.on("data", (chunk: Buffer) => void stderr.add(chunk));
    child.on("error", (error) => (trouble ??= error.message));
    // A command that ends without reading its input breaks the pipe; its exit code tells what matters.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({
        code: trouble === null ? code : null,
        stdout: stdout.bytes(),
        stderr: stderr.bytes().toString(),
        trouble,
        cut,
      });
    });
  });
}

class Collected {
  readonly limit: number;
  private readonly chunks: Buffer[] = [];
  private size = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** False once there is more than the limit; what is over it is dropped. */
  add(chunk: Buffer): boolean {
    const room = this.limit - this.size;
    this.chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    this.size += Math.min(chunk.length, room);
    return chunk.length <= room;
  }

  bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}
