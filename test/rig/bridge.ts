import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export type Line = Readonly<Record<string, unknown>>;

export interface BridgeRun {
  readonly code: number | null;
  readonly lines: readonly Line[];
  readonly stderr: string;
}

/** A bridge under way, as the runner would start it. */
export interface StartedBridge {
  readonly child: ChildProcess;
  readonly ended: Promise<BridgeRun>;
  send(command: object): void;
  /** Resolves with the first line that holds all of `wanted`; rejects when it ends without one. */
  saw(wanted: Line): Promise<Line>;
}

/** A place for bridges to work in: a workspace in a temporary folder, and nothing of the user's. */
export class BridgeBench {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "nightcrew-bridge-")));
  readonly workspace = join(this.root, "workspace");
  private readonly started: ChildProcess[] = [];

  constructor() {
    mkdirSync(this.workspace);
    mkdirSync(join(this.root, "user"));
  }

  path(...parts: readonly string[]): string {
    return join(this.root, ...parts);
  }

  read(name: string): string {
    return readFileSync(join(this.root, name), "utf8");
  }

  has(name: string): boolean {
    return existsSync(join(this.root, name));
  }

  start(bundle: "acp-agent" | "builtin-agent", options: BridgeStart): StartedBridge {
    const promptFile = this.path("prompt.md");
    writeFileSync(promptFile, options.prompt ?? "Do it.");
    const program = join(project, "dist", `${bundle}.cjs`);
    const child = spawn(process.execPath, [program, "--prompt-file", promptFile, ...options.args], {
      cwd: this.workspace,
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: this.path("user"),
        TMPDIR: this.root,
        LANG: "C.UTF-8",
        ...options.env,
      },
      stdio: [options.stdin === true ? "pipe" : "ignore", "pipe", "pipe"],
    });
    this.started.push(child);
    return watch(child);
  }

  /** Ends what a failed test left, and removes everything. */
  remove(): void {
    for (const child of this.started) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    rmSync(this.root, { recursive: true, force: true });
  }
}

export interface BridgeStart {
  readonly args: readonly string[];
  readonly prompt?: string;
  /** Keeps its stdin open for `send`; else nobody answers. */
  readonly stdin?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

function watch(child: ChildProcess): StartedBridge {
  const lines: Line[] = [];
  const looking: (() => void)[] = [];
  let rest = "";
  let stderr = "";
  let isOver = false;
  const look = () => looking.forEach((check) => check());
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    const pieces = `${rest}${chunk}`.split("\n");
    rest = pieces.pop() ?? "";
    // A line that is no JSON object is a defect of the bridge: parsing it fails the test.
    lines.push(...pieces.map((piece) => JSON.parse(piece) as Line));
    look();
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  const ended = new Promise<BridgeRun>((resolve) => {
    child.once("close", (code) => {
      isOver = true;
      look();
      resolve({ code, lines, stderr });
    });
  });
  return {
    child,
    ended,
    send: (command) => child.stdin?.write(`${JSON.stringify(command)}\n`),
    saw: (wanted) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const found = lines.find((line) => Object.entries(wanted).every(([name, value]) => line[name] === value));
          if (found !== undefined) resolve(found);
          else if (isOver)
            reject(new Error(`it ended without ${JSON.stringify(wanted)}: ${JSON.stringify(lines)} ${stderr}`));
        };
        looking.push(check);
        check();
      }),
  };
}

/** Whether a process is there and no zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch (error) {
    // Gone before it was opened, or before it was read.
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}
