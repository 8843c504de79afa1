import { spawn } from "node:child_process";

export interface CommandOptions {
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string | Buffer;
  /** The process is killed after it; milliseconds. */
  readonly timeoutMs?: number;
  /** More output than this ends the process; bytes. */
  readonly maxBytes?: number;
}

export interface CommandResult {
  /** Null when it was ended by a signal or never started. */
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** Why it did not come to an end of its own, else null. */
  readonly trouble: string | null;
}

const defaultTimeoutMs = 120_000;
const defaultMaxBytes = 64 * 1024 * 1024;

/**
 * Runs a short command to its end, for its output. Never rejects: what went wrong is in `trouble`.
 * Supervision of agents and checks is the runner's, not this.
 */
export function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: options.cwd, env: options.env, stdio: ["pipe", "pipe", "pipe"] });
    const stdout = new Collected(options.maxBytes ?? defaultMaxBytes);
    const stderr = new Collected(64 * 1024);
    let trouble: string | null = null;
    const end = (why: string): void => {
      trouble ??= why;
      child.kill("SIGKILL");
    };
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    const timer = setTimeout(() => end(`no end within ${timeoutMs} ms`), timeoutMs);
    child.stdout.on("data", (chunk: Buffer) => {
      if (!stdout.add(chunk)) end(`more than ${stdout.limit} bytes of output`);
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
    if (this.size + chunk.length > this.limit) return false;
    this.chunks.push(chunk);
    this.size += chunk.length;
    return true;
  }

  bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}
